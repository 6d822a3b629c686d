import type { OutputOf, certificatesList } from '@anqu/contract'
import { Button, Card, Facts, Pill, formatDay, useLanguage, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { certificateTexts } from './certificate-texts.ts'

export type Certificate = OutputOf<typeof certificatesList>['certificates'][number]

const shownDigits = 6

/** One certificate in the customer's words, and what can be done about it. */
export const CertificateCard = ({ certificate }: { certificate: Certificate }) => {
  const language = useLanguage()
  const t = useTexts(certificateTexts)
  const { label, current, state, nearExpiry, daysLeft } = certificate
  const look = state === 'good' && nearExpiry ? 'near' : state
  const left = state === 'good' ? ` · ${t('left', { days: daysLeft })}` : ''
  return (
    <Card>
      <div className="app-benefit">
        <strong>
          {label}
          {current && ` · ${t('thisDevice')}`}
        </strong>
        <Pill tone={look === 'good' ? 'good' : look === 'near' || look === 'suspended' ? 'warn' : 'plain'}>
          {t(look)}
        </Pill>
      </div>
      <Facts
        facts={[
          { label: t('use'), value: t('useText') },
          { label: t('until'), value: `${formatDay(certificate.expiresAtMs, language)}${left}` },
          {
            label: t('number'),
            value: (
              <span className="aq-figures">
                {t('numberValue', { serial: certificate.certificateSerial.slice(-shownDigits) })}
              </span>
            ),
          },
        ]}
      />
      <Actions certificate={certificate} />
    </Card>
  )
}

const Actions = ({ certificate }: { certificate: Certificate }) => {
  const { go } = useApp()
  const t = useTexts(certificateTexts)
  const { deviceId, current, state, nearExpiry, renewing } = certificate
  const urgent = nearExpiry || renewing
  return (
    <div className="app-certificate-actions">
      {current && state === 'good' && (
        <Button look={urgent ? 'primary' : 'secondary'} onPress={() => go({ page: 'renew-certificate' })}>
          {t(renewing ? 'goOn' : 'renew')}
        </Button>
      )}
      {current && state === 'expired' && (
        <Button onPress={() => go({ page: 'bind-device' })}>{t('rebind')}</Button>
      )}
      {(state === 'good' || state === 'suspended') && (
        <Button
          look={state === 'good' ? 'secondary' : 'primary'}
          onPress={() => go({ page: 'hold-device', deviceId })}
        >
          {t(state === 'good' ? 'hold' : 'lift')}
        </Button>
      )}
      <Button look="danger" onPress={() => go({ page: 'report-device', deviceId })}>
        {t('report')}
      </Button>
    </div>
  )
}
