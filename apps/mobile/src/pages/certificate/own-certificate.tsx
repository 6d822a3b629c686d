import { certificatesList } from '@anqu/contract'
import { Button, PageState, Screen, useTexts } from '@anqu/ui'
import type { ReactNode } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import type { Certificate } from './certificate-card.tsx'
import { certificateTexts } from './certificate-texts.ts'

/** A page about the certificate of one device, as it was when the page was opened. */
export const WithCertificate = (props: {
  title: string
  deviceId: string
  children: (certificate: Certificate) => ReactNode
}) => {
  const { api, back } = useApp()
  const t = useTexts(certificateTexts)
  const { loaded, reload } = useLoad('certificates', () => api.call(certificatesList, {}))
  const found =
    loaded.state === 'ready'
      ? loaded.value.certificates.find(({ deviceId }) => deviceId === props.deviceId)
      : undefined
  if (found) return props.children(found)
  return (
    <Screen title={props.title} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {() => (
          <PageState icon="shield" title={t('none')} action={<Button onPress={back}>{t('done')}</Button>} />
        )}
      </LoadedView>
    </Screen>
  )
}
