import { identityProfile } from '@anqu/contract'
import {
  Button,
  Card,
  Cell,
  Facts,
  MaskedValue,
  Screen,
  SectionTitle,
  formatDateTime,
  useLanguage,
  useTexts,
} from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useLogout } from '../../features/use-logout.ts'
import { MainTabs } from '../home/main-tabs.tsx'
import { meTexts } from './me-texts.ts'

export const MePage = () => {
  const { api, go } = useApp()
  const language = useLanguage()
  const t = useTexts(meTexts)
  const logout = useLogout()
  const { loaded, reload } = useLoad('profile', () => api.call(identityProfile, {}))
  return (
    <Screen title={t('title')} dock={<MainTabs current="me" />}>
      <section className="aq-stack">
        <SectionTitle>{t('profile')}</SectionTitle>
        <LoadedView loaded={loaded} onRetry={reload}>
          {(profile) => (
            <Card>
              <Facts
                facts={[
                  { label: t('name'), value: <MaskedValue masked={profile.nameMasked} label={t('name')} /> },
                  {
                    label: t('idNumber'),
                    value: <MaskedValue masked={profile.idNumberMasked} label={t('idNumber')} />,
                  },
                  {
                    label: t('phone'),
                    value: <MaskedValue masked={profile.phoneMasked} label={t('phone')} />,
                  },
                  { label: t('since'), value: formatDateTime(profile.registeredAtMs, language) },
                ]}
              />
            </Card>
          )}
        </LoadedView>
        <p className="aq-field-hint">{t('maskedHint')}</p>
      </section>
      <section className="aq-stack">
        <SectionTitle>{t('services')}</SectionTitle>
        <Card flush>
          <Cell icon="receipt" title={t('records')} onPress={() => go({ page: 'operations' })} />
          <Cell icon="bell" title={t('messages')} onPress={() => go({ page: 'messages' })} />
          <Cell icon="shield" title={t('security')} onPress={() => go({ page: 'security' })} />
          <Cell icon="settings" title={t('settings')} onPress={() => go({ page: 'settings' })} />
        </Card>
      </section>
      <Button wide look="secondary" busy={logout.busy} onPress={logout.run}>
        {t('logout')}
      </Button>
    </Screen>
  )
}
