import { useId, type HTMLInputAutoCompleteAttribute, type ReactNode } from 'react'

type FieldFrameProps = {
  id: string
  label: string
  hint?: ReactNode
  error?: string | undefined
  children: ReactNode
}

export const FieldFrame = ({ id, label, hint, error, children }: FieldFrameProps) => (
  <div className="aq-field" data-invalid={error === undefined ? undefined : ''}>
    <label className="aq-field-label" htmlFor={id}>
      {label}
    </label>
    {children}
    {error !== undefined ? (
      <span className="aq-field-error" id={`${id}-error`} role="alert">
        {error}
      </span>
    ) : (
      hint !== undefined && <span className="aq-field-hint">{hint}</span>
    )}
  </div>
)

type TextFieldProps = {
  label: string
  value: string
  onChange: (value: string) => void
  placeholder?: string
  hint?: ReactNode
  error?: string | undefined
  prefix?: string
  suffix?: ReactNode
  inputMode?: 'text' | 'numeric' | 'tel' | 'decimal'
  type?: 'text' | 'date'
  maxLength?: number
  min?: string
  max?: string
  autoComplete?: HTMLInputAutoCompleteAttribute
  readOnly?: boolean
}

/** Nothing typed here is offered to the browser's memory unless the page says so (C-6.2.1.2-b). */
export const TextField = (props: TextFieldProps) => {
  const id = useId()
  return (
    <FieldFrame id={id} label={props.label} hint={props.hint} error={props.error}>
      <div className="aq-field-box">
        {props.prefix !== undefined && <span className="aq-field-prefix">{props.prefix}</span>}
        <input
          id={id}
          className="aq-field-input"
          type={props.type ?? 'text'}
          value={props.value}
          placeholder={props.placeholder}
          inputMode={props.inputMode}
          maxLength={props.maxLength}
          min={props.min}
          max={props.max}
          autoComplete={props.autoComplete ?? 'off'}
          autoCapitalize="off"
          autoCorrect="off"
          spellCheck={false}
          readOnly={props.readOnly}
          aria-invalid={props.error !== undefined}
          aria-describedby={props.error === undefined ? undefined : `${id}-error`}
          onChange={(event) => props.onChange(event.target.value)}
        />
        {props.suffix !== undefined && <span className="aq-field-suffix">{props.suffix}</span>}
      </div>
    </FieldFrame>
  )
}

/** For a few sentences: grows with what is typed, where the browser can. */
export const TextArea = (
  props: Pick<TextFieldProps, 'label' | 'value' | 'onChange' | 'hint'> & { maxLength: number },
) => {
  const id = useId()
  return (
    <FieldFrame id={id} label={props.label} hint={props.hint}>
      <div className="aq-field-box">
        <textarea
          id={id}
          className="aq-field-input"
          rows={3}
          value={props.value}
          maxLength={props.maxLength}
          autoComplete="off"
          onChange={(event) => props.onChange(event.target.value)}
        />
      </div>
    </FieldFrame>
  )
}

/** Never checked by us: a tick is always the customer's own (D-6.1.5-s1). */
export const CheckField = (props: {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}) => (
  <label className="aq-check">
    <input
      type="checkbox"
      checked={props.checked}
      onChange={(event) => props.onChange(event.target.checked)}
    />
    <span>{props.children}</span>
  </label>
)

export const Choices = <Value extends string>(props: {
  label: string
  value: Value
  options: readonly { readonly value: Value; readonly label: string }[]
  onChange: (value: Value) => void
}) => (
  <div className="aq-choices" role="radiogroup" aria-label={props.label}>
    {props.options.map((option) => (
      <button
        key={option.value}
        type="button"
        role="radio"
        className="aq-choice"
        aria-checked={option.value === props.value}
        onClick={() => props.onChange(option.value)}
      >
        {option.label}
      </button>
    ))}
  </div>
)

export const Switch = (props: { label: string; on: boolean; onChange: (on: boolean) => void }) => (
  <button
    type="button"
    role="switch"
    className="aq-switch"
    aria-checked={props.on}
    aria-label={props.label}
    onClick={() => props.onChange(!props.on)}
  />
)
