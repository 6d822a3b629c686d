import { useEffect, useId, useRef, type ReactNode } from 'react'

/** Asks one thing above everything else. The browser keeps the focus inside, ends it on Escape and gives the focus back. */
export const Dialog = (props: { title: string; onClose: () => void; children: ReactNode }) => {
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      className="co-dialog"
      aria-labelledby={titleId}
      onKeyDown={(event) => {
        // Escape ends this dialog, not what lies under it as well.
        if (event.key === 'Escape') event.stopPropagation()
      }}
      onCancel={(event) => {
        event.preventDefault()
        props.onClose()
      }}
    >
      <h2 id={titleId}>{props.title}</h2>
      {props.children}
    </dialog>
  )
}
