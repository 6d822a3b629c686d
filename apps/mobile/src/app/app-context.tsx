import type { OutputOf, sessionsCurrent } from '@anqu/contract'
import type { Appearance, Clock } from '@anqu/ui'
import { createContext, use } from 'react'
import type { ChannelApi } from '../api/channel-api.ts'
import type { Problem } from '../api/problem.ts'
import type { Place } from './router.ts'
import type { Consent } from './stored.ts'

export type Session = OutputOf<typeof sessionsCurrent>

export type AppValue = {
  readonly api: ChannelApi
  readonly clock: Clock
  readonly appearance: Appearance
  readonly setAppearance: (appearance: Appearance) => void
  readonly consent: Consent | undefined
  readonly setConsent: (consent: Consent | undefined) => void
  readonly session: Session | undefined
  readonly setSession: (session: Session | undefined) => void
  /** Why the last session ended, shown once on the log-in page. */
  readonly farewell: Problem | undefined
  /** Ends the session here; with a reason when it was not the customer's own wish. */
  readonly leave: (reason?: Problem) => void
  /** Asks for the password again and keeps the page; `again` runs once it was given. */
  readonly askAgain: (again?: () => void) => void
  readonly go: (place: Place) => void
  /** Goes without leaving the present page in the history. */
  readonly replace: (place: Place) => void
  readonly back: () => void
  /** To the log-in, and from there on to a place that needs it. */
  readonly loginFirst: (then: Place) => void
  /** Where a fresh session begins: what `loginFirst` named, or home. */
  readonly enter: (session: Session) => void
}

export const AppContext = createContext<AppValue | undefined>(undefined)

export function useApp(): AppValue {
  const value = use(AppContext)
  if (!value) throw new Error('no app around this component')
  return value
}
