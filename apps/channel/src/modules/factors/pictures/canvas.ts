import { createRequire } from 'node:module'
import { createCanvas, GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas'
import { randomBelow } from '../domain/keyboard-layout.ts'

const require = createRequire(import.meta.url)
let registered = false

/** One font file with Latin and simplified Chinese; read at first use. */
function registerFont(): void {
  if (registered) return
  const file =
    require.resolve('@fontsource/noto-sans-sc/files/noto-sans-sc-chinese-simplified-400-normal.woff2')
  GlobalFonts.registerFromPath(file, 'Anqu Pictures')
  GlobalFonts.registerFromPath(file.replace('chinese-simplified', 'latin'), 'Anqu Pictures Latin')
  registered = true
}

export const pictureFont = (sizePx: number): string => `${sizePx}px "Anqu Pictures Latin", "Anqu Pictures"`

/** Pixels a CSS pixel: pictures stay sharp on a phone. */
export const scale = 2

/** Draws a picture of the given CSS size and returns it as PNG. Raster only: a vector could be sliced apart. */
export function drawPng(
  size: { widthPx: number; heightPx: number },
  draw: (context: SKRSContext2D) => void,
): Uint8Array {
  registerFont()
  const canvas = createCanvas(size.widthPx * scale, size.heightPx * scale)
  const context = canvas.getContext('2d')
  context.scale(scale, scale)
  draw(context)
  return canvas.toBuffer('image/png')
}

/** A number in [from, to), random and never used for a secret. */
export const between = (from: number, to: number): number =>
  from + ((to - from) * randomBelow(10_000)) / 10_000

/** Curved lines and dots over the text, in the colours of the text, so that a filter by colour takes both (B-7.5.6-7). */
export function disturb(
  context: SKRSContext2D,
  size: { widthPx: number; heightPx: number },
  colours: readonly string[],
): void {
  const colour = (): string => colours[randomBelow(colours.length)] ?? '#444'
  for (let line = 0; line < 5; line += 1) {
    context.strokeStyle = colour()
    context.lineWidth = between(0.8, 2)
    context.beginPath()
    context.moveTo(between(-5, size.widthPx * 0.2), between(0, size.heightPx))
    context.bezierCurveTo(
      between(0, size.widthPx),
      between(-10, size.heightPx + 10),
      between(0, size.widthPx),
      between(-10, size.heightPx + 10),
      between(size.widthPx * 0.8, size.widthPx + 5),
      between(0, size.heightPx),
    )
    context.stroke()
  }
  for (let dot = 0; dot < 60; dot += 1) {
    context.fillStyle = colour()
    context.fillRect(
      between(0, size.widthPx),
      between(0, size.heightPx),
      between(0.6, 1.8),
      between(0.6, 1.8),
    )
  }
}

/** Letters bent, turned and pushed into one another, each in its own colour. */
export function bentText(
  context: SKRSContext2D,
  text: string,
  box: { x: number; y: number; widthPx: number; heightPx: number; colours: readonly string[] },
): void {
  const step = box.widthPx / text.length
  for (const [index, letter] of [...text].entries()) {
    context.save()
    context.translate(
      box.x + step * (index + 0.5) + between(-2, 2),
      box.y + box.heightPx / 2 + between(-4, 4),
    )
    context.transform(between(0.9, 1.15), between(-0.25, 0.25), between(-0.35, 0.35), between(0.9, 1.2), 0, 0)
    context.rotate(between(-0.35, 0.35))
    context.font = pictureFont(box.heightPx * between(0.62, 0.78))
    context.fillStyle = box.colours[randomBelow(box.colours.length)] ?? '#333'
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.fillText(letter, 0, 0)
    context.restore()
  }
}
