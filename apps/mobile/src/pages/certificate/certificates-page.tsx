import { certificatesList } from '@anqu/contract'
import { Button, Lead, PageState, Screen, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { CertificateCard } from './certificate-card.tsx'
import { certificateTexts } from './certificate-texts.ts'

export const CertificatesPage = () => {
  const { api, back, go } = useApp()
  const t = useTexts(certificateTexts)
  const { loaded, reload } = useLoad('certificates', () => api.call(certificatesList, {}))
  return (
    <Screen title={t('title')} onBack={back}>
      <Lead title={t('lead')}>{t('leadText')}</Lead>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ certificates }) =>
          certificates.length === 0 ? (
            <PageState
              icon="shield"
              title={t('none')}
              action={<Button onPress={() => go({ page: 'bind-device' })}>{t('bind')}</Button>}
            >
              {t('noneText')}
            </PageState>
          ) : (
            certificates.map((certificate) => (
              <CertificateCard key={certificate.deviceId} certificate={certificate} />
            ))
          )
        }
      </LoadedView>
    </Screen>
  )
}
