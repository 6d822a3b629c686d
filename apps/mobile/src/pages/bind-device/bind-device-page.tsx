import { sessionsCurrent } from '@anqu/contract'
import { Button, Card, Icon, Lead, OtpField, PageState, Screen, StepBar, Timeline, useTexts } from '@anqu/ui'
import { useState, type ReactNode } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { deviceLabel } from '../../features/environment.ts'
import { NewPin } from '../../features/new-pin.tsx'
import { ProblemNotice } from '../../features/problem-view.tsx'
import { useOtp } from '../../features/use-otp.ts'
import { useTask } from '../../features/use-task.ts'
import { bindTexts } from './bind-texts.ts'

type Step = 'why' | 'code' | 'pin' | 'issue' | 'done'
const order: readonly Step[] = ['why', 'code', 'pin', 'issue']
const issueSteps = [
  ...(['s1', 'c1', 'c2', 'c3'] as const),
  ...(['s2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10'] as const),
]

/** B-6.1 and B-6.2.2 run under one correlation id; the customer sees each step pass, and goes on after a reload. */
export const BindDevicePage = () => {
  const { api, setSession, back } = useApp()
  const t = useTexts(bindTexts)
  const [step, setStep] = useState<Step>('why')
  const [issueStep, setIssueStep] = useState(1)
  const code = useOtp()
  const { problem, run, setProblem } = useTask()

  const bind = (pin: Uint8Array) => {
    const { sent, digits } = code
    const fresh = sent ? { otpId: sent.otpId, otp: digits } : undefined
    if (!fresh && !api.card.isBindingPending()) return setStep('code')
    setIssueStep(1)
    setStep('issue')
    void run(async () => {
      const label = deviceLabel(navigator.userAgent)
      await api.card.bind({ label, code: fresh, pin, onStep: setIssueStep })
      setSession(await api.call(sessionsCurrent, {}))
      setStep('done')
    })
  }
  const restart = () => {
    setProblem(undefined)
    code.reset()
    setStep(api.card.isBindingPending() ? 'pin' : 'code')
  }
  if (step === 'done') return <Done />
  const bar = (
    <StepBar
      steps={[t('stepWhy'), t('stepCode'), t('stepPin'), t('stepIssue')]}
      current={order.indexOf(step)}
    />
  )
  if (step === 'why') {
    const resumes = api.card.isBindingPending()
    return <Why bar={bar} resumes={resumes} onNext={() => setStep(resumes ? 'pin' : 'code')} />
  }
  if (step === 'code') return <Code bar={bar} code={code} onNext={() => setStep('pin')} />
  if (step === 'pin') return <NewPin title={t('title')} bar={bar} onBack={back} onPin={bind} />
  return (
    <Screen title={t('title')} {...(problem ? { onBack: back } : {})}>
      {bar}
      <Lead title={t(problem ? 'failedLead' : 'issueLead')}>{t(problem ? 'failedText' : 'issueText')}</Lead>
      {problem && <ProblemNotice problem={problem} />}
      <Card>
        <Timeline
          steps={issueSteps.map((key, index) => ({
            text: t(key),
            state:
              index + 1 < issueStep
                ? 'done'
                : index + 1 > issueStep
                  ? 'todo'
                  : problem
                    ? 'failed'
                    : 'current',
          }))}
        />
      </Card>
      {problem && (
        <Button wide onPress={restart}>
          {t('again')}
        </Button>
      )}
    </Screen>
  )
}

const Why = ({ bar, resumes, onNext }: { bar: ReactNode; resumes: boolean; onNext: () => void }) => {
  const { back } = useApp()
  const t = useTexts(bindTexts)
  return (
    <Screen
      title={t('title')}
      onBack={back}
      foot={
        <Button wide onPress={onNext}>
          {t(resumes ? 'resume' : 'start')}
        </Button>
      }
    >
      {bar}
      <Lead title={t(resumes ? 'resumeLead' : 'whyLead')}>{t(resumes ? 'resumeText' : 'whyText')}</Lead>
      <Card>
        <ul className="app-points">
          {(['why1', 'why2', 'why3', 'why4'] as const).map((key) => (
            <li key={key}>
              <Icon name="check" />
              {t(key)}
            </li>
          ))}
        </ul>
      </Card>
    </Screen>
  )
}

const Code = (props: { bar: ReactNode; code: ReturnType<typeof useOtp>; onNext: () => void }) => {
  const { clock, back } = useApp()
  const t = useTexts(bindTexts)
  const { code } = props
  return (
    <Screen title={t('title')} onBack={back}>
      {props.bar}
      <Lead title={t('codeLead')}>{t('codeText')}</Lead>
      {code.problem && <ProblemNotice problem={code.problem} />}
      <OtpField
        label={t('otp')}
        value={code.digits}
        onChange={code.setDigits}
        sent={code.sent}
        sending={code.sending}
        clock={clock}
        onSend={() => void code.send({ purpose: 'bind-device' })}
      />
      <Button wide disabled={!code.complete} onPress={props.onNext}>
        {t('next')}
      </Button>
    </Screen>
  )
}

const Done = () => {
  const { replace } = useApp()
  const t = useTexts(bindTexts)
  return (
    <Screen title={t('title')}>
      <PageState
        icon="shield-check"
        tone="good"
        title={t('doneTitle')}
        action={
          <>
            <Button onPress={() => replace({ page: 'transaction-password' })}>{t('setPassword')}</Button>
            <Button look="quiet" onPress={() => replace({ page: 'home' })}>
              {t('home')}
            </Button>
          </>
        }
      >
        {t('doneText')}
      </PageState>
    </Screen>
  )
}
