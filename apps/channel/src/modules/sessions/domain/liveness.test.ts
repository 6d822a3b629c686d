import { expect, test } from 'vitest'
import { obstacle, type Liveness } from './liveness.ts'

const timers = { idleMs: 600, fundIdleMs: 300, backgroundMs: 120 }
const nowMs = 10_000
const live: Liveness = {
  state: 'active',
  endedReason: null,
  lastSeenAtMs: nowMs,
  backgroundAtMs: null,
  mustReauthenticate: false,
  mustConfirmFunds: false,
  expiresAtMs: nowMs + 1,
}
const again = 'session.reauthentication-required'
const expired = 'session.expired'

const table: [string, Partial<Liveness>, string | undefined, string | undefined][] = [
  ['in use', {}, undefined, undefined],
  ['idle just below the limit for funds', { lastSeenAtMs: nowMs - 299 }, undefined, undefined],
  ['idle at the limit for funds', { lastSeenAtMs: nowMs - 300 }, undefined, again],
  ['idle just below the limit', { lastSeenAtMs: nowMs - 599 }, undefined, again],
  ['idle at the limit', { lastSeenAtMs: nowMs - 600 }, expired, expired],
  ['idled too long for funds before', { mustConfirmFunds: true }, undefined, again],
  ['in the background just below its limit', { backgroundAtMs: nowMs - 119 }, undefined, undefined],
  ['in the background at its limit', { backgroundAtMs: nowMs - 120 }, again, again],
  ['to be confirmed', { mustReauthenticate: true }, again, again],
  ['at its absolute end', { expiresAtMs: nowMs }, expired, expired],
  ['to be confirmed and at its end', { mustReauthenticate: true, expiresAtMs: nowMs }, expired, expired],
  ['ended by the customer', { state: 'ended', endedReason: expired }, expired, expired],
  ['replaced', { state: 'ended', endedReason: 'session.replaced' }, 'session.replaced', 'session.replaced'],
  [
    'used elsewhere',
    { state: 'ended', endedReason: 'session.environment-changed' },
    'session.environment-changed',
    'session.environment-changed',
  ],
  ['ended for another reason', { state: 'ended', endedReason: 'whatever' }, expired, expired],
]

test.each(table)(
  'a session %s: what stands against a plain use and a fund use',
  (_name, change, plain, fund) => {
    expect(obstacle({ ...live, ...change }, 'plain', timers, nowMs)).toBe(plain)
    expect(obstacle({ ...live, ...change }, 'fund', timers, nowMs)).toBe(fund)
  },
)
