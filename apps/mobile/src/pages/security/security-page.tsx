import { identityProfile } from '@anqu/contract'
import { Card, Cell, Icon, Pill, Screen, useTexts } from '@anqu/ui'
import { useApp, type Session } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { securityTexts } from './security-texts.ts'

export const SecurityPage = ({ session }: { session: Session }) => {
  const { api, back, go } = useApp()
  const t = useTexts(securityTexts)
  const { loaded, reload } = useLoad('profile', () => api.call(identityProfile, {}))
  return (
    <Screen title={t('title')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {(profile) => (
          <>
            <Level
              items={[
                [t('itemDevice'), session.deviceBound],
                [t('itemPassword'), profile.hasTransactionPassword],
                [t('itemConsent'), !session.consentOutdated],
              ]}
            />
            <Card flush>
              <Cell
                icon="phone"
                title={t('devices')}
                note={t(session.deviceBound ? 'deviceBound' : 'deviceUnbound')}
                onPress={() => go({ page: session.deviceBound ? 'devices' : 'bind-device' })}
              />
              <Cell
                icon="shield"
                title={t('certificates')}
                note={t('certificatesNote')}
                onPress={() => go({ page: 'certificates' })}
              />
              <Cell
                icon="key"
                title={t('transactionPassword')}
                note={t(profile.hasTransactionPassword ? 'passwordSet' : 'passwordUnset')}
                onPress={() => go({ page: 'transaction-password' })}
              />
              <Cell
                icon="gauge"
                title={t('limits')}
                note={t('limitsNote')}
                onPress={() => go({ page: 'limits' })}
              />
              <Cell
                icon="shield-check"
                title={t('check')}
                note={t('checkNote')}
                onPress={() => go({ page: 'security-check' })}
              />
              <Cell
                icon="clock"
                title={t('history')}
                note={t('historyNote')}
                onPress={() => go({ page: 'history' })}
              />
            </Card>
          </>
        )}
      </LoadedView>
    </Screen>
  )
}

const Level = ({ items }: { items: readonly (readonly [label: string, done: boolean])[] }) => {
  const t = useTexts(securityTexts)
  const done = items.filter(([, met]) => met).length
  const good = done === items.length
  return (
    <Card>
      <div className="app-level">
        <span className="app-level-mark" data-good={good || undefined}>
          <Icon name={good ? 'shield-check' : 'shield'} />
        </span>
        <div>
          <strong>{t(good ? 'levelGood' : 'levelFair')}</strong>
          <p>{t('levelText', { done, total: items.length })}</p>
        </div>
      </div>
      <ul className="app-level-items">
        {items.map(([label, met]) => (
          <li key={label}>
            <Pill tone={met ? 'good' : 'plain'}>{label}</Pill>
          </li>
        ))}
      </ul>
    </Card>
  )
}
