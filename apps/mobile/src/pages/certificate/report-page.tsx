import { devicesRelease, sessionsCurrent } from '@anqu/contract'
import { Button, Card, Cell, Lead, PageState, Screen, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { useTask } from '../../features/use-task.ts'
import type { Certificate } from './certificate-card.tsx'
import { certificateTexts } from './certificate-texts.ts'
import { CodeProof, PasswordProof, PinProof, type Factor, type ProofKind } from './holder-proof.tsx'
import { WithCertificate } from './own-certificate.tsx'

const reasons = ['lost', 'exposed', 'replaced', 'unused'] as const
type Reason = (typeof reasons)[number]
const notes = {
  lost: 'lostText',
  exposed: 'exposedText',
  replaced: 'replacedText',
  unused: 'unusedText',
} as const

/** Reporting a lost device, or stopping one at hand (B-6.2.4): the reason first, then a proof that it is the holder. */
export const ReportPage = ({ deviceId }: { deviceId: string }) => {
  const t = useTexts(certificateTexts)
  return (
    <WithCertificate title={t('reportTitle')} deviceId={deviceId}>
      {(certificate) => <Report certificate={certificate} />}
    </WithCertificate>
  )
}

const Report = ({ certificate }: { certificate: Certificate }) => {
  const { back } = useApp()
  const t = useTexts(certificateTexts)
  const [reason, setReason] = useState<Reason>()
  const [done, setDone] = useState(false)
  if (done) return <Stopped />
  if (reason)
    return (
      <Confirm
        certificate={certificate}
        reason={reason}
        onBack={() => setReason(undefined)}
        onDone={() => setDone(true)}
      />
    )
  // Who holds the device has not lost it.
  const offered = reasons.filter((one) => one !== 'lost' || !certificate.current)
  return (
    <Screen title={t('reportTitle')} onBack={back}>
      <Lead title={t('reportLead')}>{t('reportText')}</Lead>
      <Card flush>
        {offered.map((one) => (
          <Cell key={one} title={t(one)} note={t(notes[one])} onPress={() => setReason(one)} />
        ))}
      </Card>
    </Screen>
  )
}

type ConfirmProps = { certificate: Certificate; reason: Reason; onBack: () => void; onDone: () => void }

const Confirm = ({ certificate, reason, onBack, onDone }: ConfirmProps) => {
  const { api, setSession } = useApp()
  const t = useTexts(certificateTexts)
  const { deviceId, certificateSerial, current, state, label } = certificate
  const signs = current && state === 'good'
  const [kind, setKind] = useState<ProofKind>(signs ? 'pin' : 'password')
  const { busy, problem, run, setProblem } = useTask()
  const stop = (work: () => Promise<unknown>) =>
    void run(async () => {
      await work()
      setSession(await api.call(sessionsCurrent, {}))
      onDone()
    })
  const release = (factor: Factor) => stop(() => api.call(devicesRelease, { deviceId, reason, factor }))
  const other: ProofKind = kind === 'password' ? 'code' : 'password'
  const switchTo = (next: ProofKind) => {
    setProblem(undefined)
    setKind(next)
  }
  const frame = {
    title: t('reportTitle'),
    submitLabel: t('stop'),
    look: 'danger' as const,
    busy,
    problem,
    onBack,
    other: (
      <Button look="quiet" onPress={() => switchTo(other)}>
        {t(other === 'code' ? 'withCode' : 'withPassword')}
      </Button>
    ),
  }
  const children = <Lead title={t('confirmLead', { label })}>{t('confirmText', { reason: t(reason) })}</Lead>
  if (kind === 'pin') {
    const byKey = (pin: Uint8Array) => stop(() => api.card.stop({ deviceId, certificateSerial, reason, pin }))
    return (
      <PinProof {...frame} onPin={byKey}>
        {children}
      </PinProof>
    )
  }
  if (kind === 'code')
    return (
      <CodeProof {...frame} deviceId={deviceId} onCode={(code) => release({ kind: 'otp', ...code })}>
        {children}
      </CodeProof>
    )
  return (
    <PasswordProof {...frame} onSecret={(secret) => release({ kind: 'password', secret })}>
      {children}
    </PasswordProof>
  )
}

const Stopped = () => {
  const { replace, session } = useApp()
  const t = useTexts(certificateTexts)
  return (
    <Screen title={t('reportTitle')}>
      <PageState
        icon="shield-check"
        tone="good"
        title={t('stopped')}
        action={
          <>
            {session?.deviceBound !== true && (
              <Button onPress={() => replace({ page: 'bind-device' })}>{t('bind')}</Button>
            )}
            <Button look="quiet" onPress={() => replace({ page: 'home' })}>
              {t('home')}
            </Button>
          </>
        }
      >
        {t('stoppedText')}
      </PageState>
    </Screen>
  )
}
