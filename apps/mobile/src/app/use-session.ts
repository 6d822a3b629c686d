import { sessionsLogout } from '@anqu/contract'
import type { Clock } from '@anqu/ui'
import { useCallback, useRef, useState } from 'react'
import type { ChannelApi } from '../api/channel-api.ts'
import type { Problem } from '../api/problem.ts'
import { loginTexts } from '../pages/login/login-texts.ts'
import type { Session } from './app-context.tsx'
import { useSessionWatch } from './use-session-watch.ts'

const idle: Problem = { code: 'session.idle', text: { zh: loginTexts.zh.idle, en: loginTexts.en.idle } }

/** The live session, why the last one ended, and whether the password is being asked for again. */
export function useSession(api: ChannelApi, clock: Clock, onLeft: () => void) {
  const [session, showSession] = useState<Session>()
  const [farewell, setFarewell] = useState<Problem>()
  const [asking, setAsking] = useState(false)
  const waiting = useRef<(() => void)[]>([])
  const setSession = useCallback((next: Session | undefined) => {
    showSession(next)
    setAsking(false)
    if (next) setFarewell(undefined)
    for (const again of waiting.current.splice(0)) again()
  }, [])
  const leave = useCallback(
    (reason?: Problem) => {
      showSession(undefined)
      setAsking(false)
      waiting.current = []
      setFarewell(reason)
      onLeft()
    },
    [onLeft],
  )
  const askAgain = useCallback((again?: () => void) => {
    if (again) waiting.current.push(again)
    setAsking(true)
  }, [])
  const onIdle = useCallback(() => {
    api.call(sessionsLogout, {}).catch(() => undefined)
    leave(idle)
  }, [api, leave])
  const onReturn = useCallback(() => askAgain(), [askAgain])
  useSessionWatch({ api, clock, session, onIdle, onReturn })
  return { session, setSession, farewell, leave, asking, askAgain }
}
