import { AuthorityRefused } from './authority.ts'
import type { AuthorityOverview } from './authority-overview.ts'

/** Staff work on that CA's own pages: nothing of it is offered here, and no events come from it. */
export const notOffered = (): AuthorityOverview => {
  const refused = () => Promise.reject(new AuthorityRefused('not-offered'))
  return {
    search: refused,
    read: refused,
    expiryCalendar: refused,
    statistics: refused,
    publication: refused,
    transition: refused,
    profiles: refused,
    hold: refused,
    propose: refused,
    proposals: refused,
    decide: refused,
    events: () => Promise.resolve([]),
  }
}
