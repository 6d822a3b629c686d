import { staffCurrent, staffLogout } from '@anqu/contract'
import {
  applyAppearance,
  defaultAppearance,
  LanguageProvider,
  parseAppearance,
  type Appearance,
} from '@anqu/ui'
import { useCallback, useEffect, useMemo, useState } from 'react'
import type { ConsoleApi } from '../api/connect-server.ts'
import { toProblem, type Problem } from '../api/problem.ts'
import { LoginPage } from '../pages/login-page.tsx'
import { ConsoleProvider, type ConsoleContext, type Staff } from './console-context.tsx'
import { formatPlace, parsePlace, type Place } from './router.ts'
import { Shell } from './shell.tsx'

const appearanceKey = 'anqu.console.appearance'
/** Says only that somebody logged in in this tab. */
const openedKey = 'anqu.console.opened'

export const App = ({
  api,
  clock,
  storage,
}: {
  api: ConsoleApi
  clock: { nowMs(): number }
  storage: Storage
}) => {
  const [appearance, setAppearance] = useState<Appearance>(() => ({
    ...defaultAppearance,
    ...parseAppearance(storage.getItem(appearanceKey)),
  }))
  const [place, setPlace] = useState(() => parsePlace(location.hash))
  const { staff, farewell, enter, leave } = useStaffSession(api)

  useEffect(() => applyAppearance(document.documentElement, appearance), [appearance])
  useEffect(() => {
    const moved = () => setPlace(parsePlace(location.hash))
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  const go = useCallback((next: Place) => {
    location.hash = formatPlace(next)
  }, [])
  const context = useMemo<ConsoleContext>(
    () => ({ api, clock, place, go, leave }),
    [api, clock, place, go, leave],
  )
  const change = (part: Partial<Appearance>): void => {
    const next: Appearance = { ...appearance, ...part }
    storage.setItem(appearanceKey, JSON.stringify(next))
    setAppearance(next)
  }
  const logout = (): void => {
    api.call(staffLogout, {}).then(
      () => leave(),
      () => leave(),
    )
  }
  return (
    <LanguageProvider language={appearance.language}>
      <ConsoleProvider value={context}>
        {staff === undefined && <LoginPage farewell={farewell} onIn={enter} />}
        {staff !== undefined && staff !== 'unknown' && (
          <Shell
            staff={staff}
            theme={appearance.theme}
            onTheme={() => change({ theme: appearance.theme === 'dark' ? 'light' : 'dark' })}
            onLanguage={() => change({ language: appearance.language === 'zh' ? 'en' : 'zh' })}
            onLogout={logout}
          />
        )}
      </ConsoleProvider>
    </LanguageProvider>
  )
}

/** Who is logged in in this tab, and what ended the session before. */
function useStaffSession(api: ConsoleApi) {
  const [staff, setStaff] = useState<Staff | 'unknown' | undefined>(() =>
    sessionStorage.getItem(openedKey) === null ? undefined : 'unknown',
  )
  const [farewell, setFarewell] = useState<Problem>()
  useEffect(() => {
    // After a reload the session may still live; its cookie is out of our reach, so the server is asked.
    if (sessionStorage.getItem(openedKey) === null) return
    api.call(staffCurrent, {}).then(setStaff, (error: unknown) => {
      setStaff(undefined)
      if (toProblem(error).code === 'client.offline') setFarewell(toProblem(error))
    })
  }, [api])

  const leave = useCallback((problem?: Problem) => {
    sessionStorage.removeItem(openedKey)
    setStaff(undefined)
    setFarewell(problem?.code === 'session.required' ? undefined : problem)
  }, [])
  const enter = useCallback((found: Staff) => {
    sessionStorage.setItem(openedKey, 'yes')
    setFarewell(undefined)
    setStaff(found)
  }, [])
  return { staff, farewell, enter, leave }
}
