import type { OutputOf, staffCertificate, staffCertificateStatistics } from '@anqu/contract'
import { sql } from '@anqu/platform'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { FeedBroken } from './event-feed.ts'
import { CertificateWorld } from './real-authority.fixture.ts'

let world: CertificateWorld
beforeAll(async () => {
  world = await CertificateWorld.open()
})
afterAll(() => world.close())
beforeEach(async () => {
  world.events = world.overview.events
  await world.certificates.followEvents()
  world.audit.events.length = 0
  world.notices.length = 0
})

const stateHere = async (serial: string) =>
  (
    await world.database.db.one<{ state: string }>(
      sql`select state from certificate where serial = ${serial}`,
    )
  ).state
const taken = () => world.audit.events.filter(({ event }) => event === 'certificate.changed-at-ca')

/** Two officers at the CA, not through the channel's console. */
async function decidedAtAuthority(action: { kind: 'revoke' | 'resume'; serial: string }): Promise<void> {
  const { proposalId, digest } = await world.overview.propose({
    action:
      action.kind === 'revoke'
        ? { ...action, kind: 'revoke', reason: 'fraud', crlReason: 'privilegeWithdrawn' }
        : { ...action, kind: 'resume', reason: 'found' },
    officer: world.chen.staffId,
    correlationId: 'c',
  })
  const officer = world.wang.staffId
  await world.overview.decide({ proposalId, digest, decision: 'approve', officer, correlationId: 'c' })
}
const holdAtAuthority = (serial: string) =>
  world.overview.hold({ serial, reason: 'fraud', officer: world.chen.staffId, correlationId: 'c' })

test('what operators change at the CA arrives here, once, and the holder is told', async () => {
  const { serial, accountId } = await world.issue()
  await holdAtAuthority(serial)
  for (let times = 0; times < 3; times += 1) await world.certificates.followEvents()
  expect(await stateHere(serial)).toBe('suspended')
  await decidedAtAuthority({ kind: 'resume', serial })
  await world.certificates.followEvents()
  expect(await stateHere(serial)).toBe('active')
  await decidedAtAuthority({ kind: 'revoke', serial })
  for (let times = 0; times < 3; times += 1) await world.certificates.followEvents()
  expect(await stateHere(serial)).toBe('revoked')
  expect(taken().map(({ fields }) => fields?.['state'])).toEqual(['suspended', 'active', 'revoked'])
  expect(world.notices.map((notice) => notice.accountId)).toEqual([accountId, accountId, accountId])
  const { history } = await world.as<OutputOf<typeof staffCertificate>>(world.auditor, 'staff.certificate', {
    serial,
  })
  expect(history.map(({ event }) => event)).toEqual([
    'issued',
    'suspended',
    'proposed',
    'approved',
    'resumed',
    'proposed',
    'approved',
    'revoked',
  ])
  expect(history.at(-1)?.actorNames).toEqual(['陈', '王'])
})

test('a poll that is cut off in the middle leaves nothing half done, and the next one does it all once', async () => {
  const [first, second] = [await world.issue(), await world.issue()]
  await world.certificates.followEvents()
  await holdAtAuthority(first.serial)
  await decidedAtAuthority({ kind: 'revoke', serial: second.serial })
  const { recordIn } = world.audit
  let calls = 0
  world.audit.recordIn = async (tx, event) => {
    calls += 1
    if (calls === 2) throw new Error('cut off')
    await recordIn(tx, event)
  }
  const before = await world.database.db.query(sql`select position, digest from certificate_feed`)
  await expect(world.certificates.followEvents()).rejects.toThrow('cut off')
  world.audit.recordIn = recordIn
  expect(await world.database.db.query(sql`select position, digest from certificate_feed`)).toEqual(before)
  expect([await stateHere(first.serial), await stateHere(second.serial)]).toEqual(['active', 'active'])
  world.audit.events.length = 0
  await world.certificates.followEvents()
  expect([await stateHere(first.serial), await stateHere(second.serial)]).toEqual(['suspended', 'revoked'])
  expect(taken()).toHaveLength(2)
})

test('an answer that is lost on the way loses no event', async () => {
  const { serial } = await world.issue()
  await holdAtAuthority(serial)
  world.events = async (request) => {
    await world.overview.events(request)
    throw new Error('lost')
  }
  await expect(world.certificates.followEvents()).rejects.toThrow('lost')
  world.events = world.overview.events
  await world.certificates.followEvents()
  expect(await stateHere(serial)).toBe('suspended')
})

test('of several polls at once each event is taken once', async () => {
  const { serial } = await world.issue()
  await holdAtAuthority(serial)
  const polls = await Promise.allSettled([1, 2, 3].map(() => world.certificates.followEvents()))
  expect(polls.some(({ status }) => status === 'fulfilled')).toBe(true)
  expect(taken()).toHaveLength(1)
})

test('events in pages smaller than what happened are all read', async () => {
  const { serial } = await world.issue()
  await holdAtAuthority(serial)
  // A page of two holds the event that was read last and one more.
  world.events = (request) => world.overview.events({ ...request, limit: 2 })
  for (let page = 0; page < 3; page += 1) await world.certificates.followEvents()
  expect(await stateHere(serial)).toBe('suspended')
})

test.each([
  [
    'an event that was changed',
    (events: Events) => events.map((event) => ({ ...event, computedDigest: '00' })),
  ],
  ['a history that ends before what was read', () => []],
  [
    'another event where the last one was',
    (events: Events) => events.map((event) => ({ ...event, digest: '00' })),
  ],
] as const)(
  '%s stops the feed, changes nothing, is recorded once and shown to staff',
  async (_what, spoil) => {
    const { serial } = await world.issue()
    await holdAtAuthority(serial)
    world.events = async (request) => spoil(await world.overview.events(request))
    for (let times = 0; times < 2; times += 1)
      await expect(world.certificates.followEvents()).rejects.toBeInstanceOf(FeedBroken)
    expect(await stateHere(serial)).toBe('active')
    expect(world.audit.events.filter(({ event }) => event === 'certificate.feed-broken')).toHaveLength(1)
    const { feed } = await world.as<OutputOf<typeof staffCertificateStatistics>>(
      world.auditor,
      'staff.certificate-statistics',
      {},
    )
    expect(feed.brokenSinceMs).toBe(world.ca.clock.nowMs())
    world.events = world.overview.events
    await world.certificates.followEvents()
    expect(await stateHere(serial)).toBe('suspended')
  },
)

type Events = Awaited<ReturnType<CertificateWorld['overview']['events']>>
