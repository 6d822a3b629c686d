import { certificatesList } from '@anqu/contract'
import { Button, Card, Icon, Lead, PageState, PinPad, Screen, Timeline, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView, ProblemNotice } from '../../features/problem-view.tsx'
import { shuffledDigits } from '../../features/random.ts'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { certificateTexts } from './certificate-texts.ts'

const steps = ['r1', 'r2', 'r3', 'r4', 'r5', 'r6'] as const

/** B-6.2.3-4 as the customer sees it. Whatever was reached before a reload is gone on with. */
export const RenewPage = () => {
  const { api, back } = useApp()
  const t = useTexts(certificateTexts)
  const { loaded, reload } = useLoad('certificates', () => api.call(certificatesList, {}))
  // The list shows the new certificate once it is in; this page goes on about the one it began with.
  return (
    <LoadedOr loaded={loaded} onRetry={reload} onBack={back} title={t('renew')}>
      {({ certificates }) => {
        const own = certificates.find(({ current, state }) => current && state === 'good')
        return own ? <Renewal certificateSerial={own.certificateSerial} /> : <Nothing />
      }}
    </LoadedOr>
  )
}

function LoadedOr<Value>(
  props: Parameters<typeof LoadedView<Value>>[0] & { title: string; onBack: () => void },
) {
  if (props.loaded.state === 'ready') return props.children(props.loaded.value)
  return (
    <Screen title={props.title} onBack={props.onBack}>
      <LoadedView loaded={props.loaded} onRetry={props.onRetry}>
        {props.children}
      </LoadedView>
    </Screen>
  )
}

const Nothing = () => {
  const { replace, back } = useApp()
  const t = useTexts(certificateTexts)
  return (
    <Screen title={t('renew')} onBack={back}>
      <PageState
        icon="shield"
        title={t('none')}
        action={<Button onPress={() => replace({ page: 'bind-device' })}>{t('bind')}</Button>}
      >
        {t('noneText')}
      </PageState>
    </Screen>
  )
}

type Stage = 'why' | 'pin' | 'work' | 'done'

const Renewal = ({ certificateSerial }: { certificateSerial: string }) => {
  const { api, back } = useApp()
  const t = useTexts(certificateTexts)
  const [stage, setStage] = useState<Stage>('why')
  const [step, setStep] = useState(1)
  const [digits, setDigits] = useState(shuffledDigits)
  const { problem, run, setProblem } = useTask()
  const renew = (pin: Uint8Array) => {
    setDigits(shuffledDigits())
    setStep(1)
    setStage('work')
    void run(
      async () => {
        await api.card.renew({ certificateSerial, pin, onStep: setStep })
        setStage('done')
      },
      (found) => {
        if (found.code.startsWith('se.pin')) setStage('pin')
      },
    )
  }
  if (stage === 'done') return <Done />
  if (stage === 'why') return <Why onNext={() => setStage('pin')} />
  if (stage === 'pin')
    return (
      <Screen title={t('renew')} onBack={back}>
        <Lead title={t('pinLead')}>{t('pinText')}</Lead>
        {problem && <ProblemNotice problem={problem} />}
        <PinPad label={t('pin')} order={digits} onComplete={renew} />
      </Screen>
    )
  const again = () => {
    setProblem(undefined)
    setStage('pin')
  }
  return (
    <Screen title={t('renew')} {...(problem ? { onBack: back } : {})}>
      <Lead title={t(problem ? 'cut' : 'working')}>{t(problem ? 'cutText' : 'workingText')}</Lead>
      {problem && <ProblemNotice problem={problem} />}
      <Card>
        <Timeline
          steps={steps.map((key, index) => ({
            text: t(key),
            state: index + 1 < step ? 'done' : index + 1 > step ? 'todo' : problem ? 'failed' : 'current',
          }))}
        />
      </Card>
      {problem && (
        <Button wide onPress={again}>
          {t('again')}
        </Button>
      )}
    </Screen>
  )
}

const Why = ({ onNext }: { onNext: () => void }) => {
  const { back } = useApp()
  const t = useTexts(certificateTexts)
  return (
    <Screen
      title={t('renew')}
      onBack={back}
      foot={
        <Button wide onPress={onNext}>
          {t('start')}
        </Button>
      }
    >
      <Lead title={t('renewLead')}>{t('renewText')}</Lead>
      <Card>
        <ul className="app-points">
          {(['renewWhy1', 'renewWhy2', 'renewWhy3'] as const).map((key) => (
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

const Done = () => {
  const { replace } = useApp()
  const t = useTexts(certificateTexts)
  return (
    <Screen title={t('renew')}>
      <PageState
        icon="shield-check"
        tone="good"
        title={t('renewed')}
        action={<Button onPress={() => replace({ page: 'home' })}>{t('home')}</Button>}
      >
        {t('renewedText')}
      </PageState>
    </Screen>
  )
}
