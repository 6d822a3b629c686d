import { certificatesResume, certificatesSuspend } from '@anqu/contract'
import { Button, Lead, OtpField, PageState, Screen, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { useOtp } from '../../features/use-otp.ts'
import { useTask } from '../../features/use-task.ts'
import type { Certificate } from './certificate-card.tsx'
import { certificateTexts } from './certificate-texts.ts'
import { PasswordProof } from './holder-proof.tsx'
import { WithCertificate } from './own-certificate.tsx'

/** A hold on a device that is not at hand, or its end. */
export const HoldPage = ({ deviceId }: { deviceId: string }) => {
  const t = useTexts(certificateTexts)
  const [done, setDone] = useState<'held' | 'lifted'>()
  if (done) return <Done outcome={done} />
  return (
    <WithCertificate title={t('holdTitle')} deviceId={deviceId}>
      {(certificate) =>
        certificate.state === 'suspended' ? (
          <Lift certificate={certificate} onDone={() => setDone('lifted')} />
        ) : (
          <Hold certificate={certificate} onDone={() => setDone('held')} />
        )
      }
    </WithCertificate>
  )
}

type Props = { certificate: Certificate; onDone: () => void }

const Hold = ({ certificate: { deviceId, label }, onDone }: Props) => {
  const { api, back } = useApp()
  const t = useTexts(certificateTexts)
  const { busy, problem, run } = useTask()
  return (
    <PasswordProof
      title={t('holdTitle')}
      submitLabel={t('holdDo')}
      busy={busy}
      problem={problem}
      onBack={back}
      onSecret={(secret) =>
        void run(async () => {
          await api.call(certificatesSuspend, { deviceId, secret })
          onDone()
        })
      }
    >
      <Lead title={t('holdLead', { label })}>{t('holdText')}</Lead>
    </PasswordProof>
  )
}

const Lift = ({ certificate: { deviceId, label }, onDone }: Props) => {
  const { api, back, clock } = useApp()
  const t = useTexts(certificateTexts)
  const code = useOtp()
  const { busy, problem, run } = useTask()
  return (
    <PasswordProof
      title={t('liftTitle')}
      submitLabel={t('liftDo')}
      busy={busy}
      problem={problem ?? code.problem}
      onBack={back}
      ready={code.complete === true}
      onSecret={(secret) =>
        void run(
          async () => {
            if (!code.sent) return
            const { otpId } = code.sent
            await api.call(certificatesResume, { deviceId, secret, otpId, otp: code.digits })
            onDone()
          },
          (found) => {
            if (found.code.startsWith('factor.')) code.reset()
          },
        )
      }
      more={
        <OtpField
          label={t('otp')}
          value={code.digits}
          onChange={code.setDigits}
          sent={code.sent}
          sending={code.sending}
          clock={clock}
          onSend={() => void code.send({ purpose: 'resume-certificate', deviceId })}
        />
      }
    >
      <Lead title={t('liftLead', { label })}>{t('liftText')}</Lead>
    </PasswordProof>
  )
}

const Done = ({ outcome }: { outcome: 'held' | 'lifted' }) => {
  const { replace } = useApp()
  const t = useTexts(certificateTexts)
  return (
    <Screen title={t(outcome === 'held' ? 'holdTitle' : 'liftTitle')}>
      <PageState
        icon={outcome === 'held' ? 'clock' : 'shield-check'}
        tone={outcome === 'held' ? 'warn' : 'good'}
        title={t(outcome)}
        action={<Button onPress={() => replace({ page: 'certificates' })}>{t('done')}</Button>}
      >
        {t(outcome === 'held' ? 'heldText' : 'liftedText')}
      </PageState>
    </Screen>
  )
}
