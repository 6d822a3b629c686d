import { sessionsFinishLogin } from '@anqu/contract'
import { Button, Lead, Notice, OtpField, Screen, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp, type Session } from '../../app/app-context.tsx'
import { beginLogin } from '../../features/begin-login.ts'
import { ProblemNotice } from '../../features/problem-view.tsx'
import { SecretDock, SecretInput } from '../../features/secret-input.tsx'
import { useOtp } from '../../features/use-otp.ts'
import { useSecret } from '../../features/use-secret.ts'
import { useTask } from '../../features/use-task.ts'
import { LanguageButton } from '../settings/language-button.tsx'
import { loginTexts } from './login-texts.ts'

export const phonePattern = /^1[3-9]\d{9}$/

/** Password first, then on a new device a code. The account name is never remembered (C-6.2.1.2-b). */
export const LoginPage = () => {
  const [loginId, setLoginId] = useState<string>()
  const { enter } = useApp()
  return loginId === undefined ? (
    <PasswordStep onOtp={setLoginId} onIn={enter} />
  ) : (
    <OtpStep loginId={loginId} onIn={enter} onBack={() => setLoginId(undefined)} />
  )
}

const PasswordStep = (props: { onOtp: (loginId: string) => void; onIn: (session: Session) => void }) => {
  const { api, consent, farewell, go, back } = useApp()
  const t = useTexts(loginTexts)
  const secret = useSecret('login')
  const { busy, problem, run } = useTask()
  const [phone, setPhone] = useState('')
  const [tried, setTried] = useState(false)
  const [typing, setTyping] = useState(false)
  const accepted = consent?.decision === 'accepted'
  const phoneRight = phonePattern.test(phone)

  const submit = () => {
    setTried(true)
    setTyping(false)
    if (!phoneRight) return
    const sealed = secret.take()
    if (!sealed) return
    void run(async () => {
      const answer = await beginLogin(api, { phone, secret: sealed })
      if (answer.state === 'in') props.onIn(answer.session)
      else props.onOtp(answer.loginId)
    })
  }
  const trouble = problem ?? secret.problem
  return (
    <Screen
      title={t('title')}
      onBack={back}
      end={<LanguageButton />}
      dock={<SecretDock secret={typing ? secret : undefined} onDone={() => setTyping(false)} />}
    >
      <Lead title={t('lead')} />
      {!accepted && (
        <Notice tone="warn">
          {t('consentNeeded')}{' '}
          <button type="button" className="app-link" onClick={() => go({ page: 'privacy' })}>
            {t('readNotice')}
          </button>
        </Notice>
      )}
      {trouble ? (
        <ProblemNotice problem={trouble} />
      ) : (
        farewell && <ProblemNotice problem={farewell} tone="warn" />
      )}
      <TextField
        label={t('phone')}
        value={phone}
        inputMode="tel"
        maxLength={11}
        prefix="+86"
        placeholder={t('phonePlaceholder')}
        error={tried && !phoneRight ? t('phoneWrong') : undefined}
        onChange={(value) => setPhone(value.replaceAll(/\D/g, ''))}
      />
      <SecretInput label={t('password')} secret={secret} active={typing} onOpen={() => setTyping(true)} />
      <Button wide busy={busy} disabled={!accepted || secret.count === 0} onPress={submit}>
        {t('next')}
      </Button>
      <Button wide look="quiet" onPress={() => go({ page: 'register' })}>
        {t('noAccount')}
      </Button>
      <p className="aq-field-hint app-centre">{t('safety')}</p>
    </Screen>
  )
}

const OtpStep = (props: { loginId: string; onIn: (session: Session) => void; onBack: () => void }) => {
  const { api, clock } = useApp()
  const t = useTexts(loginTexts)
  const code = useOtp()
  const { busy, problem, run } = useTask()
  const { loginId } = props
  const submit = () =>
    run(async () => {
      if (!code.sent) return
      const answer = await api.call(sessionsFinishLogin, {
        loginId,
        otpId: code.sent.otpId,
        otp: code.digits,
      })
      if (answer.state === 'in') props.onIn(answer.session)
    })
  const trouble = problem ?? code.problem
  return (
    <Screen title={t('title')} onBack={props.onBack}>
      <Lead title={t('otpTitle')}>{t('otpText')}</Lead>
      {trouble && <ProblemNotice problem={trouble} />}
      <OtpField
        label={t('otp')}
        value={code.digits}
        onChange={code.setDigits}
        sent={code.sent}
        sending={code.sending}
        clock={clock}
        onSend={() => void code.send({ purpose: 'login', loginId })}
      />
      <Button wide busy={busy} disabled={!code.complete} onPress={() => void submit()}>
        {t('confirm')}
      </Button>
      <p className="aq-field-hint app-centre">{t('safety')}</p>
    </Screen>
  )
}
