import { FieldFrame, useTexts } from '@anqu/ui'
import { useId, useState } from 'react'
import { cardTexts } from './card-texts.ts'

/** A file chosen on this computer: its text, or undefined for one that is larger than anything taken. */
export const FileField = (props: {
  label: string
  accept: string
  largestBytes: number
  onChosen: (text: string | undefined) => void
}) => {
  const id = useId()
  const k = useTexts(cardTexts)
  const [name, setName] = useState<string>()
  const choose = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return
    setName(file.name)
    props.onChosen(file.size > props.largestBytes ? undefined : await file.text())
  }
  return (
    <FieldFrame id={id} label={props.label}>
      <span className="co-file">
        <input
          id={id}
          type="file"
          accept={props.accept}
          onChange={(event) => void choose(event.target.files?.[0])}
        />
        <b>{k('chooseFile')}</b>
        <span>{name ?? k('noFile')}</span>
      </span>
    </FieldFrame>
  )
}
