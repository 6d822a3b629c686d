import { devicesList, devicesRelease, sessionsCurrent, type OutputOf } from '@anqu/contract'
import {
  Button,
  Card,
  PageState,
  Pill,
  Screen,
  Sheet,
  formatDateTime,
  formatDay,
  useLanguage,
  useTexts,
} from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView, ProblemNotice } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { securityTexts } from './security-texts.ts'

type Device = OutputOf<typeof devicesList>['devices'][number]

export const DevicesPage = () => {
  const { api, back, setSession } = useApp()
  const t = useTexts(securityTexts)
  const { loaded, reload } = useLoad('devices', () => api.call(devicesList, {}))
  const { busy, problem, run } = useTask()
  const [asked, setAsked] = useState<Device>()
  const release = (device: Device) =>
    run(async () => {
      await api.call(devicesRelease, { deviceId: device.deviceId })
      setAsked(undefined)
      if (device.current) setSession(await api.call(sessionsCurrent, {}))
      reload()
    })
  return (
    <Screen title={t('devices')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ devices }) =>
          devices.length === 0 ? (
            <PageState icon="phone" title={t('noDevices')} />
          ) : (
            devices.map((device) => (
              <DeviceCard key={device.deviceId} device={device} onRelease={() => setAsked(device)} />
            ))
          )
        }
      </LoadedView>
      {asked && (
        <Sheet title={t('releaseTitle')} onClose={() => setAsked(undefined)}>
          <p>{t('releaseText')}</p>
          {problem && <ProblemNotice problem={problem} />}
          <Button wide look="danger" busy={busy} onPress={() => void release(asked)}>
            {t('releaseConfirm')}
          </Button>
          <Button wide look="secondary" onPress={() => setAsked(undefined)}>
            {t('cancel')}
          </Button>
        </Sheet>
      )}
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
