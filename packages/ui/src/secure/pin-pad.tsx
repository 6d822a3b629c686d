import { useEffect, useState } from 'react'
import { Icon } from '../foundation/icon.tsx'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'
import { PinBuffer } from './pin-buffer.ts'

type PinPadProps = {
  label: string
  length?: number
  /** The ten digits in the order of the keys, freshly shuffled by the caller's random source (C-6.2.1.1-L3a). */
  order: readonly number[]
  /** ASCII digits; the receiver wipes them. */
  onComplete: (pin: Uint8Array) => void
  disabled?: boolean
}

/** PIN of the secure element. Only a count is state of React; the digits stay in a buffer that is wiped. */
export const PinPad = ({ label, length = 6, order, onComplete, disabled = false }: PinPadProps) => {
  const t = useTexts(uiTexts)
  const [buffer] = useState(() => new PinBuffer(length))
  const [count, setCount] = useState(0)
  useEffect(() => () => buffer.wipe(), [buffer])
  const press = (digit: number, trusted: boolean) => {
    if (disabled || !trusted) return
    const complete = buffer.push(digit)
    setCount(complete ? 0 : buffer.count)
    if (complete) onComplete(buffer.take())
  }
  const erase = () => {
    buffer.erase()
    setCount(buffer.count)
  }
  const key = (digit: number) => (
    <button
      key={digit}
      type="button"
      className="aq-key aq-figures"
      disabled={disabled}
      onClick={(event) => press(digit, event.nativeEvent.isTrusted)}
    >
      {digit}
    </button>
  )
  return (
    <section className="aq-pin" aria-label={label}>
      <ol className="aq-pin-dots" aria-hidden="true">
        {Array.from({ length }, (_, dot) => (
          <li key={dot} data-filled={dot < count || undefined} data-next={dot === count || undefined} />
        ))}
      </ol>
      <p className="aq-visually-hidden" role="status">
        {t('pinDigits', { count, total: length })}
      </p>
      <div className="aq-keyboard aq-pin-keys">
        {order.slice(0, 9).map((digit) => key(digit))}
        <span />
        {order.slice(9, 10).map((digit) => key(digit))}
        <button
          type="button"
          className="aq-key"
          onClick={erase}
          disabled={disabled || count === 0}
          aria-label={t('erase')}
        >
          <Icon name="backspace" />
        </button>
      </div>
    </section>
  )
}
