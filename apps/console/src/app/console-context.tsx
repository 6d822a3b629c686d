import type { OutputOf, staffCurrent } from '@anqu/contract'
import { createContext, use } from 'react'
import type { ConsoleApi } from '../api/connect-server.ts'
import type { Problem } from '../api/problem.ts'
import type { Place } from './router.ts'

export type Staff = OutputOf<typeof staffCurrent>

export type ConsoleContext = {
  readonly api: ConsoleApi
  readonly clock: { nowMs(): number }
  readonly place: Place
  go(place: Place): void
  /** Back to the log-in, with what ended the session. */
  leave(problem?: Problem): void
}

const Context = createContext<ConsoleContext | undefined>(undefined)
export const ConsoleProvider = Context

export function useConsole(): ConsoleContext {
  const value = use(Context)
  if (value === undefined) throw new Error('outside of the console')
  return value
}

const StaffContext = createContext<Staff | undefined>(undefined)
export const StaffProvider = StaffContext

/** Who is logged in. */
export function useStaff(): Staff {
  const value = use(StaffContext)
  if (value === undefined) throw new Error('nobody is logged in')
  return value
}
