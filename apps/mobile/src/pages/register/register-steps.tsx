import { idNumber as idNumberSchema, personName } from '@anqu/contract'
import { Button, CaptchaField, Lead, OtpField, Screen, TextField, useTexts } from '@anqu/ui'
import { useState, type ReactNode } from 'react'
import type { SealedSecret } from '../../api/channel-api.ts'
import type { Problem } from '../../api/problem.ts'
import { useApp } from '../../app/app-context.tsx'
import { ProblemNotice } from '../../features/problem-view.tsx'
import { TwoSecrets } from '../../features/two-secrets.tsx'
import type { useCaptcha } from '../../features/use-captcha.ts'
import type { useOtp } from '../../features/use-otp.ts'
import { phonePattern } from '../login/login-page.tsx'
import { registerTexts } from './register-texts.ts'

type Frame = { bar: ReactNode; problem: Problem | undefined; onBack: () => void }
type Person = { name: string; idNumber: string; phone: string }

export const IdentityStep = (
  props: Frame & { person: Person; onPerson: (person: Person) => void; onNext: () => void },
) => {
  const t = useTexts(registerTexts)
  const { person, onPerson } = props
  const [tried, setTried] = useState(false)
  const nameRight = personName.safeParse(person.name.trim()).success
  const idRight = idNumberSchema.safeParse(person.idNumber).success
  const next = () => {
    setTried(true)
    if (nameRight && idRight) props.onNext()
  }
  return (
    <Screen title={t('title')} onBack={props.onBack}>
      {props.bar}
      <Lead title={t('identityLead')}>{t('identityWhy')}</Lead>
      {props.problem && <ProblemNotice problem={props.problem} />}
      <TextField
        label={t('name')}
        value={person.name}
        hint={t('nameHint')}
        error={tried && !nameRight ? t('nameWrong') : undefined}
        onChange={(name) => onPerson({ ...person, name })}
      />
      <TextField
        label={t('idNumber')}
        value={person.idNumber}
        maxLength={18}
        error={tried && !idRight ? t('idWrong') : undefined}
        onChange={(value) =>
          onPerson({ ...person, idNumber: value.toUpperCase().replaceAll(/[^0-9X]/g, '') })
        }
      />
      <Button wide onPress={next}>
        {t('next')}
      </Button>
    </Screen>
  )
}

type PhoneProps = Frame & {
  phone: string
  onPhone: (phone: string) => void
  captcha: ReturnType<typeof useCaptcha>
  code: ReturnType<typeof useOtp>
  onNext: () => void
}

export const PhoneStep = ({ bar, problem, onBack, phone, onPhone, captcha, code, onNext }: PhoneProps) => {
  const { clock } = useApp()
  const t = useTexts(registerTexts)
  const [tried, setTried] = useState(false)
  const phoneRight = phonePattern.test(phone)
  const send = () => {
    setTried(true)
    const { picture, answer } = captcha
    if (!phoneRight || !picture || answer === '') return
    const request = {
      purpose: 'register',
      phone,
      pictureId: picture.pictureId,
      pictureAnswer: answer,
    } as const
    // The picture is burnt by this, right or wrong, so the next try needs another one.
    void code.send(request, () => void captcha.refresh())
  }
  const trouble = problem ?? code.problem ?? captcha.problem
  return (
    <Screen title={t('title')} onBack={onBack}>
      {bar}
      <Lead title={t('phoneLead')}>{t('phoneWhy')}</Lead>
      {trouble && <ProblemNotice problem={trouble} />}
      <TextField
        label={t('phone')}
        value={phone}
        inputMode="tel"
        maxLength={11}
        prefix="+86"
        readOnly={code.sent !== undefined}
        error={tried && !phoneRight ? t('phoneWrong') : undefined}
        onChange={(value) => onPhone(value.replaceAll(/\D/g, ''))}
      />
      <CaptchaField
        label={t('picture')}
        value={captcha.answer}
        onChange={captcha.setAnswer}
        picture={captcha.picture}
        onRefresh={() => void captcha.refresh()}
        hint={t('pictureHint')}
      />
      <OtpField
        label={t('otp')}
        value={code.digits}
        onChange={code.setDigits}
        sent={code.sent}
        sending={code.sending}
        disabled={captcha.answer === ''}
        clock={clock}
        onSend={send}
      />
      <Button wide disabled={!code.complete} onPress={onNext}>
        {t('next')}
      </Button>
    </Screen>
  )
}

export const PasswordStep = (
  props: Frame & { busy: boolean; onSubmit: (password: SealedSecret, repeat: SealedSecret) => void },
) => {
  const t = useTexts(registerTexts)
  return (
    <TwoSecrets
      title={t('title')}
      purpose="register"
      labels={[t('password'), t('repeat')]}
      submitLabel={t('submit')}
      busy={props.busy}
      problem={props.problem}
      onBack={props.onBack}
      onSubmit={props.onSubmit}
    >
      {props.bar}
      <Lead title={t('passwordLead')}>{t('passwordWhy')}</Lead>
    </TwoSecrets>
  )
}
