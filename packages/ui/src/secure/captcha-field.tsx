import { useId } from 'react'
import { FieldFrame } from '../forms/fields.tsx'
import { Icon } from '../foundation/icon.tsx'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'
import { Picture, type PictureSource } from './picture.tsx'

type CaptchaFieldProps = {
  label: string
  value: string
  onChange: (value: string) => void
  picture: PictureSource | undefined
  onRefresh: () => void
  hint?: string
  error?: string | undefined
}

export const CaptchaField = (props: CaptchaFieldProps) => {
  const t = useTexts(uiTexts)
  const id = useId()
  return (
    <FieldFrame id={id} label={props.label} hint={props.hint} error={props.error}>
      <div className="aq-picture-row">
        <div className="aq-field-box">
          <input
            id={id}
            className="aq-field-input"
            value={props.value}
            maxLength={12}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            onChange={(event) => props.onChange(event.target.value)}
          />
        </div>
        <button
          type="button"
          className="aq-picture"
          onClick={props.onRefresh}
          aria-label={t('pictureRefresh')}
        >
          {props.picture ? <Picture source={props.picture} label={props.label} /> : <Icon name="refresh" />}
        </button>
      </div>
    </FieldFrame>
  )
}
