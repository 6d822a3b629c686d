import { useEffect, useRef } from 'react'

export type PictureSource = {
  /** Name of the picture at the server; says nothing about what it shows. */
  readonly pictureId: string
  /** PNG bytes as the server sealed them. */
  readonly png: Uint8Array<ArrayBuffer>
  readonly widthPx: number
  readonly heightPx: number
}

/**
 * Draws a server's picture on a canvas. No image address exists, so nothing is cached, nothing can be fetched again and
 * the page source holds no text of it (B-7.5.6-2, C-6.2.1.3-a-s2).
 */
export const Picture = ({ source, label }: { source: PictureSource; label: string }) => {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    let live = true
    const draw = async () => {
      const bitmap = await createImageBitmap(new Blob([source.png], { type: 'image/png' }))
      const element = canvas.current
      if (live && element) {
        element.width = bitmap.width
        element.height = bitmap.height
        element.getContext('2d')?.drawImage(bitmap, 0, 0)
      }
      bitmap.close()
    }
    void draw()
    const element = canvas.current
    return () => {
      live = false
      element?.getContext('2d')?.clearRect(0, 0, element.width, element.height)
    }
  }, [source])
  return (
    <canvas
      ref={canvas}
      role="img"
      data-picture-id={source.pictureId}
      aria-label={label}
      width={source.widthPx}
      height={source.heightPx}
    />
  )
}
