import { sessionsBackground, sessionsLogout } from '@anqu/contract'
import { useEffect } from 'react'
import type { ChannelApi } from '../api/channel-api.ts'
import type { Clock } from '@anqu/ui'
import type { Session } from './app-context.tsx'

const activity = ['pointerdown', 'keydown', 'scroll'] as const

type Watch = {
  readonly api: ChannelApi
  readonly clock: Clock
  readonly session: Session | undefined
  /** Nothing was touched for as long as the server allows (C-6.2.2-b). */
  readonly onIdle: () => void
  /** Back after too long in the background (D-5.2.1.2-s2). */
  readonly onReturn: () => void
}

/**
 * Watches over a live session with the limits the server gave. The server keeps clocks of its own and decides; this one
 * only makes the app leave the screen in time.
 */
export function useSessionWatch({ api, clock, session, onIdle, onReturn }: Watch): void {
  useEffect(() => {
    if (!session) return
    let touchedAtMs = clock.nowMs()
    let hiddenAtMs: number | undefined
    const touched = () => {
      touchedAtMs = clock.nowMs()
    }
    const visibility = () => {
      if (document.hidden) {
        hiddenAtMs = clock.nowMs()
        // The server keeps its own time of this; a lost message only makes it ask sooner.
        api.call(sessionsBackground, {}).catch(() => undefined)
      } else {
        if (hiddenAtMs !== undefined && clock.nowMs() - hiddenAtMs >= session.backgroundLimitMs) onReturn()
        hiddenAtMs = undefined
      }
    }
    const timer = setInterval(() => {
      if (clock.nowMs() - touchedAtMs >= session.idleLimitMs || clock.nowMs() >= session.expiresAtMs) onIdle()
    }, 5000)
    // Closing the app ends the session at the server too (D-5.6.5-c-s2); a page kept for "back" is not closed yet.
    const closed = (event: PageTransitionEvent) => {
      if (!event.persisted) api.call(sessionsLogout, {}).catch(() => undefined)
    }
    globalThis.addEventListener('pagehide', closed)
    for (const name of activity) globalThis.addEventListener(name, touched, { passive: true })
    document.addEventListener('visibilitychange', visibility)
    return () => {
      clearInterval(timer)
      for (const name of activity) globalThis.removeEventListener(name, touched)
      document.removeEventListener('visibilitychange', visibility)
      globalThis.removeEventListener('pagehide', closed)
    }
  }, [api, clock, session, onIdle, onReturn])
}
