import { useEffect, useId, useState } from 'react'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'
import { Button } from './button.tsx'
import { FieldFrame } from './fields.tsx'

export type Clock = { nowMs(): number }

/** Whole seconds until `untilMs`, ticking; 0 when there is nothing to wait for. */
export function useCountdown(clock: Clock, untilMs: number | undefined): number {
  const [now, setNow] = useState(() => clock.nowMs())
  const left = untilMs === undefined ? 0 : Math.max(0, Math.ceil((untilMs - now) / 1000))
  useEffect(() => {
    if (untilMs === undefined) return
    const tick = () => setNow(clock.nowMs())
    const first = setTimeout(tick)
    const timer = setInterval(tick, 500)
    return () => {
      clearTimeout(first)
      clearInterval(timer)
    }
  }, [clock, untilMs])
  return left
}

type OtpFieldProps = {
  label: string
  value: string
  onChange: (digits: string) => void
  /** Absent until a code was sent. Both come from the server, which decides the waiting time. */
  sent?: { readonly phoneMasked: string; readonly resendAtMs: number } | undefined
  onSend: () => void
  sending?: boolean
  disabled?: boolean
  error?: string | undefined
  clock: Clock
}

export const OtpField = (props: OtpFieldProps) => {
  const t = useTexts(uiTexts)
  const id = useId()
  const left = useCountdown(props.clock, props.sent?.resendAtMs)
  const sendText = props.sent ? (left > 0 ? t('otpResend', { seconds: left }) : t('otpAgain')) : t('otpSend')
  const hint = props.sent && t('otpSentTo', { phone: props.sent.phoneMasked })
  return (
    <FieldFrame id={id} label={props.label} hint={hint} error={props.error}>
      <div className="aq-field-box aq-code-field">
        <input
          id={id}
          className="aq-field-input"
          value={props.value}
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          placeholder={t('otpPlaceholder')}
          onChange={(event) => props.onChange(event.target.value.replaceAll(/\D/g, '').slice(0, 6))}
        />
        <span className="aq-field-suffix">
          <Button
            look="quiet"
            busy={props.sending ?? false}
            disabled={left > 0 || (props.disabled ?? false)}
            onPress={props.onSend}
          >
            {sendText}
          </Button>
        </span>
      </div>
    </FieldFrame>
  )
}
