import { certificatesList } from '@anqu/contract'
import { Button, Icon, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import type { Place } from '../../app/router.ts'
import { useLoad } from '../../features/use-load.ts'
import type { Certificate } from './certificate-card.tsx'
import { certificateTexts } from './certificate-texts.ts'

type Prompt = {
  readonly title: 'promptNear' | 'promptRenewing' | 'promptExpired' | 'promptSuspended'
  readonly text: 'promptNearText' | 'promptRenewingText' | 'promptExpiredText' | 'promptSuspendedText'
  readonly action: 'renew' | 'goOn' | 'rebind' | 'lift'
  readonly place: Place
}

/** What the customer should do about the certificate of this device now; undefined when nothing. */
export function promptOf({ state, nearExpiry, renewing, deviceId }: Certificate): Prompt | undefined {
  const renew = { page: 'renew-certificate' } as const
  if (state === 'expired')
    return {
      title: 'promptExpired',
      text: 'promptExpiredText',
      action: 'rebind',
      place: { page: 'bind-device' },
    }
  if (state === 'suspended')
    return {
      title: 'promptSuspended',
      text: 'promptSuspendedText',
      action: 'lift',
      place: { page: 'hold-device', deviceId },
    }
  if (state !== 'good') return undefined
  if (renewing) return { title: 'promptRenewing', text: 'promptRenewingText', action: 'goOn', place: renew }
  if (nearExpiry) return { title: 'promptNear', text: 'promptNearText', action: 'renew', place: renew }
  return undefined
}

/** B-6.2.3-3: once the CA said that the certificate soon runs out, the customer is led to its renewal. */
export const CertificatePrompt = () => {
  const { api, go } = useApp()
  const t = useTexts(certificateTexts)
  const { loaded } = useLoad('certificates', () => api.call(certificatesList, {}))
  if (loaded.state !== 'ready') return null
  const own = loaded.value.certificates.find(({ current }) => current)
  const prompt = own && promptOf(own)
  if (!own || !prompt) return null
  return (
    <section className="app-bind-card">
      <Icon name="clock" />
      <div>
        <strong>{t(prompt.title, { days: own.daysLeft })}</strong>
        <p>{t(prompt.text)}</p>
      </div>
      <Button onPress={() => go(prompt.place)}>{t(prompt.action)}</Button>
    </section>
  )
}
