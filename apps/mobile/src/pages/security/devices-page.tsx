import { devicesList, type OutputOf } from '@anqu/contract'
import {
  Button,
  Card,
  PageState,
  Pill,
  Screen,
  formatDateTime,
  formatDay,
  useLanguage,
  useTexts,
} from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { securityTexts } from './security-texts.ts'

type Device = OutputOf<typeof devicesList>['devices'][number]

export const DevicesPage = () => {
  const { api, back, go } = useApp()
  const t = useTexts(securityTexts)
  const { loaded, reload } = useLoad('devices', () => api.call(devicesList, {}))
  return (
    <Screen title={t('devices')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ devices }) =>
          devices.length === 0 ? (
            <PageState icon="phone" title={t('noDevices')} />
          ) : (
            devices.map((device) => (
              <DeviceCard
                key={device.deviceId}
                device={device}
                onRelease={() => go({ page: 'report-device', deviceId: device.deviceId })}
              />
            ))
          )
        }
      </LoadedView>
    </Screen>
  )
}

const DeviceCard = ({ device, onRelease }: { device: Device; onRelease: () => void }) => {
  const language = useLanguage()
  const t = useTexts(securityTexts)
  const active = device.state === 'active'
  return (
    <Card>
      <div className="app-device">
        <div className="app-benefit">
          <strong>{device.label}</strong>
          {device.current && active && <Pill tone="good">{t('current')}</Pill>}
          {!active && <Pill tone="plain">{t('released')}</Pill>}
        </div>
        <p>{t('boundAt', { time: formatDateTime(device.boundAtMs, language) })}</p>
        <p>{t('lastSeen', { time: formatDateTime(device.lastSeenAtMs, language) })}</p>
        <p className="aq-figures">
          {t('certificate', {
            serial: device.certificateSerial,
            time: formatDay(device.certificateExpiresAtMs, language),
          })}
        </p>
        {active && (
          <Button look="danger" onPress={onRelease}>
            {t('release')}
          </Button>
        )}
      </div>
    </Card>
  )
}
