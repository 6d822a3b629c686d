import { LanguageProvider, type Clock } from '@anqu/ui'
import { useCallback, useEffect, useMemo } from 'react'
import type { ChannelApi } from '../api/channel-api.ts'
import { ReauthenticateSheet } from '../pages/login/reauthenticate-sheet.tsx'
import { PrivacyPage } from '../pages/privacy/privacy-page.tsx'
import { AppContext, type AppValue } from './app-context.tsx'
import { PageView } from './page-view.tsx'
import { formatPlace, isOpen, type Place } from './router.ts'
import { usePlace } from './use-place.ts'
import { useSession } from './use-session.ts'
import { useStored } from './use-stored.ts'

const home: Place = { page: 'home' }
const welcome: Place = { page: 'welcome' }

export const App = ({ api, clock, storage }: { api: ChannelApi; clock: Clock; storage: Storage }) => {
  const { place, go, replace, back } = usePlace(home)
  const { appearance, setAppearance, consent, setConsent } = useStored(storage)
  const onLeft = useCallback(() => replace(welcome), [replace])
  const { session, setSession, farewell, leave, asking, askAgain } = useSession(api, clock, onLeft)

  const shown: Place = place && (session || isOpen(place)) ? place : session ? home : welcome
  const shownAt = formatPlace(shown)
  useScrollToTop(shownAt)

  const value = useMemo<AppValue>(() => {
    const settings = { appearance, setAppearance, consent, setConsent }
    const moves = { leave, askAgain, go, replace, back }
    return { api, clock, session, setSession, farewell, ...settings, ...moves }
  }, [
    api,
    clock,
    appearance,
    setAppearance,
    consent,
    setConsent,
    session,
    setSession,
    farewell,
    leave,
    askAgain,
    go,
    replace,
    back,
  ])
  return (
    <AppContext value={value}>
      <LanguageProvider language={appearance.language}>
        {consent ? <PageView key={shownAt} place={shown} session={session} /> : <PrivacyPage firstRun />}
        {asking && session && <ReauthenticateSheet onConfirmed={setSession} />}
      </LanguageProvider>
    </AppContext>
  )
}

function useScrollToTop(shownAt: string): void {
  useEffect(() => {
    if (shownAt !== '') globalThis.scrollTo(0, 0)
  }, [shownAt])
}
