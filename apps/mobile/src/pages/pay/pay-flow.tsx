import { Button, Notice, PageState, Screen, StepBar, useTexts } from '@anqu/ui'
import type { Problem } from '../../api/problem.ts'
import { useApp } from '../../app/app-context.tsx'
import { useLeftDuring } from '../../features/use-left-during.ts'
import type { Prepared } from './pay-page.tsx'
import { CheckStep, CodeStep, PasswordStep, PictureStep, SignStep } from './pay-steps.tsx'
import { payTexts } from './pay-texts.ts'
import { usePayment, type PayStep } from './use-payment.ts'

const order: readonly PayStep[] = ['check', 'password', 'code', 'picture', 'sign']

export const PayFlow = ({ prepared, onRestart }: { prepared: Prepared; onRestart: () => void }) => {
  const { back } = useApp()
  const t = useTexts(payTexts)
  const payment = usePayment(prepared)
  const left = useLeftDuring(t('leftTitle'))
  const { step, problem, busy, advance } = payment
  const labels = [t('stepCheck'), t('stepPassword'), t('stepCode'), t('stepPicture'), t('stepSign')]
  const head = (
    <>
      <StepBar steps={labels} current={order.indexOf(step)} />
      {left && <Notice tone="warn">{t('leftNotice')}</Notice>}
    </>
  )
  const frame = { prepared, problem, onBack: back, head }
  switch (step) {
    case 'check':
      return <CheckStep {...frame} onNext={() => advance('password')} />
    case 'password':
      return <PasswordStep {...frame} busy={busy} onSecret={(secret) => void payment.givePassword(secret)} />
    case 'code':
      return <CodeStep {...frame} code={payment.code} onNext={payment.afterCode} />
    case 'picture':
      return <PictureStep {...frame} onAnswer={payment.answerPicture} onReject={() => advance('stopped')} />
    case 'sign':
      return <SignStep {...frame} busy={busy} onPin={(pin) => void payment.sign(pin)} />
    default:
      return <Stopped problem={problem} onRestart={onRestart} />
  }
}

const Stopped = ({ problem, onRestart }: { problem: Problem | undefined; onRestart: () => void }) => {
  const { replace, appearance } = useApp()
  const t = useTexts(payTexts)
  const reference = problem?.correlationId
  return (
    <Screen title={t('title')}>
      <PageState
        icon="shield"
        tone="warn"
        title={problem ? problem.text[appearance.language] : t('stopped')}
        action={
          <>
            <Button onPress={() => replace({ page: 'home' })}>{t('home')}</Button>
            <Button look="quiet" onPress={onRestart}>
              {t('restart')}
            </Button>
          </>
        }
      >
        {reference === undefined ? t('stoppedText') : <span className="aq-figures">{reference}</span>}
      </PageState>
    </Screen>
  )
}
