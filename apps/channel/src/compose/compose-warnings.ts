import type { Outside } from '../compose.ts'
import type { Audit } from '../modules/audit/index.ts'
import type { Devices } from '../modules/devices/index.ts'
import type { Identity } from '../modules/identity/index.ts'
import type { Notifications } from '../modules/notifications/index.ts'
import { staffNames } from '../modules/operators/index.ts'
import { createWarnings, type Warnings } from '../modules/warnings/index.ts'

/** Warnings with what they need of those who know the customers. */
export const composeWarnings = (
  { db, clock, log, messenger }: Outside,
  modules: {
    readonly audit: Audit
    readonly identity: Identity
    readonly devices: Devices
    readonly notifyIn: Notifications['notifyIn']
  },
): Warnings =>
  createWarnings({
    db,
    clock,
    log,
    messenger,
    audit: modules.audit,
    notifyIn: modules.notifyIn,
    accountsAfter: modules.identity.accountsAfter,
    withBoundDevice: modules.devices.boundAmong,
    contact: modules.identity.contact,
    staffNames: (staffIds) => staffNames(db, staffIds),
  })
