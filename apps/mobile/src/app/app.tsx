import { LanguageProvider, type Clock } from '@anqu/ui'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import type { ChannelApi } from '../api/channel-api.ts'
import { ReauthenticateSheet } from '../pages/login/reauthenticate-sheet.tsx'
import { PrivacyPage } from '../pages/privacy/privacy-page.tsx'
import { AppContext, type AppValue, type Session } from './app-context.tsx'
import { PageView } from './page-view.tsx'
import { formatPlace, isOpen, type Place } from './router.ts'
import { usePackageWatch } from './use-package-watch.ts'
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

  usePackageWatch(api, clock)
  const { loginFirst, enter } = useEntrance({ go, replace, setSession })

  const shown: Place = place && (session || isOpen(place)) ? place : session ? home : welcome
  const shownAt = formatPlace(shown)
  useScrollToTop(shownAt)

  const value = useMemo<AppValue>(() => {
    const settings = { appearance, setAppearance, consent, setConsent }
    const moves = { leave, askAgain, go, replace, back, loginFirst, enter }
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
    loginFirst,
    enter,
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

type Entrance = {
  readonly go: (place: Place) => void
  readonly replace: (place: Place) => void
  readonly setSession: (session: Session) => void
}

/** The way in: a log-in remembers what it was asked for, once. */
function useEntrance({ go, replace, setSession }: Entrance) {
  const next = useRef<Place>(undefined)
  const loginFirst = useCallback(
    (then: Place) => {
      next.current = then
      go({ page: 'login' })
    },
    [go],
  )
  const enter = useCallback(
    (session: Session) => {
      setSession(session)
      replace(session.consentOutdated ? { page: 'privacy' } : (next.current ?? home))
      next.current = undefined
    },
    [replace, setSession],
  )
  return { loginFirst, enter }
}

function useScrollToTop(shownAt: string): void {
  useEffect(() => {
    if (shownAt !== '') globalThis.scrollTo(0, 0)
  }, [shownAt])
}
