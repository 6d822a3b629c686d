import type { ReactNode } from 'react'

type ButtonProps = {
  children: ReactNode
  look?: 'primary' | 'secondary' | 'quiet' | 'danger'
  wide?: boolean
  busy?: boolean
  disabled?: boolean
  submit?: boolean
  onPress?: () => void
}

/** While `busy` a second press does nothing, so that no request leaves twice from one intention. */
export const Button = ({
  children,
  look = 'primary',
  wide,
  busy,
  disabled,
  submit,
  onPress,
}: ButtonProps) => (
  <button
    type={submit ? 'submit' : 'button'}
    className="aq-button"
    data-look={look}
    data-wide={wide || undefined}
    aria-busy={busy || undefined}
    disabled={disabled}
    onClick={() => {
      if (!busy) onPress?.()
    }}
  >
    {busy && <span className="aq-spinner" aria-hidden="true" />}
    {children}
  </button>
)
