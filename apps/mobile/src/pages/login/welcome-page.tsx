import { Brand, Button, Notice, useTexts } from '@anqu/ui'
import { useApp } from '../../app/app-context.tsx'
import { ProblemNotice } from '../../features/problem-view.tsx'
import { privacyTexts } from '../privacy/privacy-texts.ts'
import { LanguageButton } from '../settings/language-button.tsx'
import { loginTexts } from './login-texts.ts'

/** Nothing on this page tells who used the app before (D-5.2.2.2-c.1). */
export const WelcomePage = () => {
  const { go, consent, farewell } = useApp()
  const t = useTexts(loginTexts)
  const p = useTexts(privacyTexts)
  const accepted = consent?.decision === 'accepted'
  return (
    <div className="aq-screen app-welcome">
      <header className="app-hero app-welcome-hero">
        <div className="app-hero-bar">
          <Brand sizePx={34} />
          <LanguageButton />
        </div>
        <div className="aq-lead">
          <h1>{t('welcomeTitle')}</h1>
          <p>{t('welcomeText')}</p>
        </div>
      </header>
      <main className="aq-screen-body">
        {farewell && <ProblemNotice problem={farewell} tone="warn" />}
        {!accepted && (
          <Notice tone="info" title={p('refusedTitle')}>
            {p('refusedText')}
          </Notice>
        )}
        <div className="app-grow" />
        {accepted ? (
          <>
            <Button wide onPress={() => go({ page: 'login' })}>
              {t('login')}
            </Button>
            <Button wide look="secondary" onPress={() => go({ page: 'register' })}>
              {t('register')}
            </Button>
          </>
        ) : (
          <Button wide onPress={() => go({ page: 'privacy' })}>
            {t('readNotice')}
          </Button>
        )}
        <Button wide look="quiet" onPress={() => go({ page: 'products' })}>
          {t('browse')}
        </Button>
        <p className="aq-field-hint app-centre">{t('safety')}</p>
      </main>
    </div>
  )
}
