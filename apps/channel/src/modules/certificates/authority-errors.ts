import { Refusal, type RefusalCode } from '@anqu/contract'
import { ServiceRefused, ServiceUnavailable } from '@anqu/platform'
import { AuthorityRefused, AuthorityUnavailable } from './authority.ts'

/** What the adapter's users know of: not there, or refused. */
export async function asAuthority<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ServiceRefused) throw new AuthorityRefused(error.code)
    if (error instanceof ServiceUnavailable) throw new AuthorityUnavailable(error.message)
    throw error
  }
}

const staffWords: Readonly<Record<string, RefusalCode>> = {
  'not-found': 'certificate.not-found',
  'not-allowed': 'certificate.not-possible',
  'outside-limits': 'profile.outside-limits',
  'proposal-closed': 'approval.closed',
  'proposal-own': 'approval.own',
  'proposal-changed': 'approval.changed',
}

/** What the CA refuses, in the words staff are told it with. */
export async function asStaffRefusal<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof AuthorityUnavailable) throw new Refusal('server.unavailable', error.message)
    if (error instanceof AuthorityRefused)
      throw new Refusal(staffWords[error.code] ?? 'server.unavailable', error.message)
    throw error
  }
}
