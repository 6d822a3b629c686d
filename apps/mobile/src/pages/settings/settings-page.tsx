import {
  Button,
  Card,
  Cell,
  Choices,
  Screen,
  SectionTitle,
  Stack,
  Switch,
  useTexts,
  type Language,
  type Theme,
} from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { clientVersion } from '../../app/client-version.ts'
import { useLogout } from '../../features/use-logout.ts'
import { settingsTexts } from './settings-texts.ts'

export const SettingsPage = () => {
  const { session, go, back } = useApp()
  const t = useTexts(settingsTexts)
  const logout = useLogout()
  return (
    <Screen title={t('title')} onBack={back}>
      <Stack gap="wide">
        <Look />
        <Card flush>
          <Cell
            icon="shield-check"
            title={t('check')}
            note={t('checkNote')}
            onPress={() => go({ page: 'security-check' })}
          />
          <Cell icon="bell" title={t('warnings')} onPress={() => go({ page: 'warnings' })} />
          {session && <Cell icon="info" title={t('email')} onPress={() => go({ page: 'email' })} />}
        </Card>
        <Stack>
          <SectionTitle>{t('privacy')}</SectionTitle>
          <Card flush>
            <Cell icon="policy" title={t('notice')} onPress={() => go({ page: 'privacy' })} />
            {session && (
              <Cell
                icon="shield"
                title={t('withdraw')}
                note={t('withdrawNote')}
                onPress={() => go({ page: 'withdrawal' })}
              />
            )}
          </Card>
        </Stack>
        {session && (
          <Button wide look="danger" busy={logout.busy} onPress={logout.run}>
            {t('logout')}
          </Button>
        )}
        <p className="aq-field-hint app-centre">
          {t('about')} · {t('version', { version: clientVersion })}
        </p>
      </Stack>
    </Screen>
  )
}

const Look = () => {
  const { appearance, setAppearance } = useApp()
  const t = useTexts(settingsTexts)
  return (
    <Stack>
      <SectionTitle>{t('look')}</SectionTitle>
      <Card>
        <Stack>
          <Choices<Language>
            label={t('language')}
            value={appearance.language}
            options={[
              { value: 'zh', label: '简体中文' },
              { value: 'en', label: 'English' },
            ]}
            onChange={(language) => setAppearance({ ...appearance, language })}
          />
          <Choices<Theme>
            label={t('theme')}
            value={appearance.theme}
            options={(['light', 'dark', 'auto'] as const).map((value) => ({ value, label: t(value) }))}
            onChange={(theme) => setAppearance({ ...appearance, theme })}
          />
        </Stack>
      </Card>
      <Card flush>
        <Cell
          icon="eye"
          title={t('large')}
          note={t('largeNote')}
          end={
            <Switch
              label={t('large')}
              on={appearance.text === 'large'}
              onChange={(on) => setAppearance({ ...appearance, text: on ? 'large' : 'standard' })}
            />
          }
        />
      </Card>
    </Stack>
  )
}
