import { identityRegister } from '@anqu/contract'
import { Button, PageState, Screen, StepBar, useTexts } from '@anqu/ui'
import { useState } from 'react'
import type { SealedSecret } from '../../api/channel-api.ts'
import { useApp } from '../../app/app-context.tsx'
import { useCaptcha } from '../../features/use-captcha.ts'
import { useOtp } from '../../features/use-otp.ts'
import { useTask } from '../../features/use-task.ts'
import { IdentityStep, PasswordStep, PhoneStep } from './register-steps.tsx'
import { registerTexts } from './register-texts.ts'

type Step = 'identity' | 'phone' | 'password' | 'done'
const order: readonly Step[] = ['identity', 'phone', 'password']

/** Three short pages. What was typed lives in this component alone and goes when it does. */
export const RegisterPage = () => {
  const { api, consent, back } = useApp()
  const t = useTexts(registerTexts)
  const [step, setStep] = useState<Step>('identity')
  const [person, setPerson] = useState({ name: '', idNumber: '', phone: '' })
  const captcha = useCaptcha()
  const code = useOtp()
  const { busy, problem, run, setProblem } = useTask()

  const previous = () => {
    setProblem(undefined)
    const before = order[order.indexOf(step) - 1]
    if (before) setStep(before)
    else back()
  }
  const submit = (password: SealedSecret, repeat: SealedSecret) =>
    run(
      async () => {
        if (!code.sent || !consent) return
        const proof = { otpId: code.sent.otpId, otp: code.digits }
        await api.call(identityRegister, {
          consentId: consent.consentId,
          ...person,
          ...proof,
          password,
          repeat,
        })
        setPerson({ name: '', idNumber: '', phone: '' })
        setStep('done')
      },
      (found) => {
        // A code is burnt by its first use; a weak password is refused before it is looked at.
        if (found.code.startsWith('factor.')) {
          code.reset()
          void captcha.refresh()
          setStep('phone')
        }
      },
    )

  if (step === 'done') return <Done />
  const bar = (
    <StepBar steps={[t('stepIdentity'), t('stepPhone'), t('stepPassword')]} current={order.indexOf(step)} />
  )
  const frame = { bar, problem, onBack: previous }
  if (step === 'identity')
    return <IdentityStep {...frame} person={person} onPerson={setPerson} onNext={() => setStep('phone')} />
  if (step === 'phone')
    return (
      <PhoneStep
        {...frame}
        phone={person.phone}
        onPhone={(phone) => setPerson({ ...person, phone })}
        captcha={captcha}
        code={code}
        onNext={() => {
          setProblem(undefined)
          setStep('password')
        }}
      />
    )
  return (
    <PasswordStep {...frame} busy={busy} onSubmit={(password, repeat) => void submit(password, repeat)} />
  )
}

const Done = () => {
  const { replace } = useApp()
  const t = useTexts(registerTexts)
  return (
    <Screen title={t('title')}>
      <PageState
        icon="check"
        tone="good"
        title={t('doneTitle')}
        action={<Button onPress={() => replace({ page: 'login' })}>{t('login')}</Button>}
      >
        {t('doneText')}
      </PageState>
    </Screen>
  )
}
