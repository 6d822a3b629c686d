import { useId } from 'react'
import { FieldFrame } from '../forms/fields.tsx'
import { Icon } from '../foundation/icon.tsx'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'

type SecretFieldProps = {
  label: string
  count: number
  active: boolean
  onOpen: () => void
  opening?: boolean
  hint?: string
  error?: string | undefined
}

/** Stands where a password box would: the same dot for every tap, and no way to look at what was tapped (D-5.2.2.2-b). */
export const SecretField = ({ label, count, active, onOpen, opening, hint, error }: SecretFieldProps) => {
  const t = useTexts(uiTexts)
  const id = useId()
  return (
    <FieldFrame id={id} label={label} hint={hint} error={error}>
      <div className="aq-field-box" data-active={active || undefined}>
        <button type="button" id={id} className="aq-secure-field" onClick={onOpen} aria-busy={opening}>
          {count === 0 ? (
            <span className="aq-placeholder">{opening ? t('keyboardOpening') : t('secretEmpty')}</span>
          ) : (
            <span className="aq-dots" data-crowded={count > 16 || undefined} aria-hidden="true">
              {Array.from({ length: count }, (_, dot) => (
                <i key={dot} />
              ))}
            </span>
          )}
          <span className="aq-visually-hidden" role="status">
            {count > 0 && t('secretCount', { count })}
          </span>
          {opening ? <span className="aq-spinner" aria-hidden="true" /> : <Icon name="lock" />}
        </button>
      </div>
    </FieldFrame>
  )
}
