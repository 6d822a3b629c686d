import type { InputOf, devicesRelease } from '@anqu/contract'
import { Button, OtpField, PinPad, Screen, useTexts } from '@anqu/ui'
import { useState, type ReactNode } from 'react'
import type { Problem } from '../../api/problem.ts'
import { useApp } from '../../app/app-context.tsx'
import { ProblemNotice } from '../../features/problem-view.tsx'
import { shuffledDigits } from '../../features/random.ts'
import { SecretDock, SecretInput } from '../../features/secret-input.tsx'
import { useOtp } from '../../features/use-otp.ts'
import { useSecret } from '../../features/use-secret.ts'
import { certificateTexts } from './certificate-texts.ts'

export type Factor = Exclude<InputOf<typeof devicesRelease>['factor'], { kind: 'signature' }>
export type ProofKind = 'pin' | 'password' | 'code'

type ProofProps = {
  title: string
  submitLabel: string
  busy: boolean
  problem: Problem | undefined
  onBack: () => void
  children: ReactNode
  /** Another way to prove it, offered below. */
  other?: ReactNode
  look?: 'primary' | 'danger'
}

/** The transaction password on its secure keyboard; `more` stands between it and the button. */
export const PasswordProof = (
  props: ProofProps & {
    more?: ReactNode
    ready?: boolean
    onSecret: (secret: Extract<Factor, { kind: 'password' }>['secret']) => void
  },
) => {
  const t = useTexts(certificateTexts)
  const secret = useSecret('operation')
  const [typing, setTyping] = useState(false)
  const submit = () => {
    setTyping(false)
    const sealed = secret.take()
    if (sealed) props.onSecret(sealed)
  }
  const trouble = props.problem ?? secret.problem
  return (
    <Screen
      title={props.title}
      onBack={props.onBack}
      dock={<SecretDock secret={typing ? secret : undefined} onDone={() => setTyping(false)} />}
    >
      {props.children}
      {trouble && <ProblemNotice problem={trouble} />}
      <SecretInput label={t('password')} secret={secret} active={typing} onOpen={() => setTyping(true)} />
      {props.more}
      <Button wide busy={props.busy} disabled={secret.count === 0 || props.ready === false} onPress={submit}>
        {props.submitLabel}
      </Button>
    </Screen>
  )
}

/** A code by SMS about this device. */
export const CodeProof = (
  props: ProofProps & { deviceId: string; onCode: (code: { otpId: string; otp: string }) => void },
) => {
  const { clock } = useApp()
  const t = useTexts(certificateTexts)
  const code = useOtp()
  const { deviceId } = props
  const trouble = props.problem ?? code.problem
  const submit = () => {
    if (code.sent) props.onCode({ otpId: code.sent.otpId, otp: code.digits })
  }
  return (
    <Screen title={props.title} onBack={props.onBack}>
      {props.children}
      {trouble && <ProblemNotice problem={trouble} />}
      <OtpField
        label={t('otp')}
        value={code.digits}
        onChange={code.setDigits}
        sent={code.sent}
        sending={code.sending}
        clock={clock}
        onSend={() => void code.send({ purpose: 'release-device', deviceId })}
      />
      <Button
        wide
        look={props.look ?? 'primary'}
        busy={props.busy}
        disabled={!code.complete}
        onPress={submit}
      >
        {props.submitLabel}
      </Button>
      {props.other}
    </Screen>
  )
}

/** The PIN of the secure element: the key of the device signs the wish. */
export const PinProof = (props: Omit<ProofProps, 'submitLabel'> & { onPin: (pin: Uint8Array) => void }) => {
  const t = useTexts(certificateTexts)
  const [digits, setDigits] = useState(shuffledDigits)
  return (
    <Screen title={props.title} onBack={props.onBack}>
      {props.children}
      {props.problem && <ProblemNotice problem={props.problem} />}
      {props.other}
      <PinPad
        label={t('pin')}
        order={digits}
        disabled={props.busy}
        onComplete={(pin) => {
          setDigits(shuffledDigits())
          props.onPin(pin)
        }}
      />
    </Screen>
  )
}
