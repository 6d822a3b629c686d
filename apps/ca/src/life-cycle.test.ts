import { bytesToHex, concatBytes, hexToBytes } from '@anqu/encoding'
import { sm3, Sm2PrivateKey } from '@anqu/gm-crypto'
import { sql, uuidv7 } from '@anqu/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import * as api from './api/index.ts'
import { firstBrokenLink, linkEvents } from './overview/event-chain.ts'
import { proposalLifeMs } from './officers/proposals.ts'
import { CaWorld, csrFor, newOwner } from './testing/ca-world.ts'

type Proposal = z.infer<typeof api.proposal>
type Profiles = z.infer<typeof api.profilesAnswer>
let world: CaWorld
beforeAll(async () => {
  world = await CaWorld.open()
})
afterAll(() => world.close())

const statusOf = async (serial: string) =>
  (await world.call<z.infer<typeof api.statusAnswer>>('/v1/certificates/status', { serial })).status
const propose = (action: object, officer = 'chen') =>
  world.call<Proposal>('/v1/proposals', { action, officer, correlationId: 'c' })
const decide = ({ proposalId, digest }: Proposal, officer: string, decision = 'approve') =>
  world.call<object>('/v1/proposals/decide', { proposalId, digest, officer, decision, correlationId: 'c' })
const change = (what: string, serial: string, by: string) =>
  world.call<object>(`/v1/certificates/${what}`, { serial, reason: 'lost', by, correlationId: 'c' })

test('the old certificate stays good until the renewed one is in, and then it is superseded', async () => {
  const owner = newOwner()
  const old = await world.issue(Sm2PrivateKey.generate(), owner)
  const key = Sm2PrivateKey.generate()
  const order = {
    idempotencyKey: uuidv7(),
    serial: old.serial,
    csr: await csrFor(key, owner.terminalId),
    correlationId: uuidv7(),
  }
  const renewed = await world.call<z.infer<typeof api.issueAnswer>>('/v1/certificates/renew', order)
  expect(await world.call('/v1/certificates/renew', order)).toEqual(renewed)
  expect([await statusOf(old.serial), await statusOf(renewed.serial)]).toEqual(['good', 'good'])
  const installed = { serial: renewed.serial, correlationId: uuidv7() }
  for (let times = 0; times < 2; times += 1)
    expect(await world.call('/v1/certificates/installed', installed)).toEqual({ superseded: old.serial })
  expect([await statusOf(old.serial), await statusOf(renewed.serial)]).toEqual(['revoked', 'good'])
  expect(await world.call('/v1/certificates/renew', { ...order, idempotencyKey: uuidv7() })).toEqual({
    refused: 'not-issued',
  })
})

test('a hold of the customer is lifted by the channel, the hold of an operator only by two officers', async () => {
  const { serial } = await world.issue()
  expect(await change('suspend', serial, 'customer')).toEqual({ status: 'suspended' })
  expect(await change('resume', serial, 'channel')).toEqual({ status: 'good' })
  expect(await change('suspend', serial, 'operator')).toEqual({ status: 'suspended' })
  expect(await change('resume', serial, 'channel')).toEqual({ refused: 'not-allowed' })
  const proposal = await propose({ kind: 'resume', serial, reason: 'found' })
  expect(await decide(proposal, 'chen')).toEqual({ refused: 'proposal-own' })
  expect(await statusOf(serial)).toBe('suspended')
  expect(await decide(proposal, 'wang')).toMatchObject({ state: 'approved', decidedBy: 'wang' })
  expect(await statusOf(serial)).toBe('good')
})

test('the hold of an operator goes over that of the customer, who cannot lift it then', async () => {
  const { serial } = await world.issue()
  await change('suspend', serial, 'customer')
  expect(await change('suspend', serial, 'operator')).toEqual({ status: 'suspended' })
  expect(await change('resume', serial, 'customer')).toEqual({ refused: 'not-allowed' })
  expect(await change('suspend', serial, 'customer')).toEqual({ status: 'suspended' })
  expect(await change('resume', serial, 'customer')).toEqual({ refused: 'not-allowed' })
})

test('revoked is for good, and repeating it changes nothing', async () => {
  const { serial } = await world.issue()
  expect(await change('revoke', serial, 'customer')).toEqual({ status: 'revoked' })
  expect(await change('revoke', serial, 'customer')).toEqual({ status: 'revoked' })
  expect(await change('resume', serial, 'customer')).toEqual({ refused: 'not-allowed' })
  expect(await change('suspend', serial, 'operator')).toEqual({ refused: 'not-allowed' })
})

test('an operator revokes only with a second officer, who approves what was shown and in time', async () => {
  const { serial } = await world.issue()
  const action = { kind: 'revoke', serial, reason: 'fraud', crlReason: 'privilegeWithdrawn' }
  const proposal = await propose(action)
  expect(await decide({ ...proposal, digest: '0'.repeat(64) }, 'wang')).toEqual({
    refused: 'proposal-changed',
  })
  const startMs = world.clock.nowMs()
  world.clock.advance(proposalLifeMs)
  expect(await decide(proposal, 'wang')).toEqual({ refused: 'proposal-closed' })
  world.clock.setTo(startMs)
  const rejected = await propose(action)
  expect(await decide(rejected, 'wang', 'reject')).toMatchObject({ state: 'rejected' })
  expect(await decide(rejected, 'wang')).toEqual({ refused: 'proposal-closed' })
  expect(await statusOf(serial)).toBe('good')
  expect(await decide(await propose(action), 'wang')).toMatchObject({ state: 'approved' })
  expect(await statusOf(serial)).toBe('revoked')
})

test('who proposed may take it back', async () => {
  const { serial } = await world.issue()
  const proposal = await propose({ kind: 'revoke', serial, reason: 'fraud', crlReason: 'unspecified' })
  expect(await decide(proposal, 'chen', 'reject')).toMatchObject({ state: 'rejected', decidedBy: 'chen' })
  expect(await decide(proposal, 'wang')).toEqual({ refused: 'proposal-closed' })
  expect(await statusOf(serial)).toBe('good')
})

test('a profile changes by two officers only, within its limits, and what was issued before keeps its version', async () => {
  const parameters = { validDays: 100, nearExpiryDays: 10, keyUsage: ['digitalSignature'] }
  const action = { kind: 'change-profile', name: 'customer-signing', parameters }
  for (const excess of [
    { ...parameters, validDays: 3000 },
    { ...parameters, keyUsage: ['nonRepudiation'] },
    { ...parameters, keyUsage: ['digitalSignature', 'dataEncipherment'] },
    { ...parameters, nearExpiryDays: 100 },
  ])
    expect(await propose({ ...action, parameters: excess })).toEqual({ refused: 'outside-limits' })
  const before = await world.issue()
  expect(await decide(await propose(action), 'wang')).toMatchObject({ state: 'approved' })
  const after = await world.issue()
  expect(after.notAfterMs).toBe(world.clock.nowMs() + 100 * 86_400_000)
  expect(before.notAfterMs).toBeGreaterThan(after.notAfterMs)
  const { profiles } = await world.call<Profiles>('/v1/profiles', {})
  expect(profiles.find(({ name }) => name === 'customer-signing')).toMatchObject({
    version: 2,
    parameters,
    history: [{ version: 1 }, { version: 2 }],
  })
})

test('a key that was reported compromised is never certified again', async () => {
  const [key, owner] = [Sm2PrivateKey.generate(), newOwner()]
  const { serial } = await world.issue(key, owner)
  const request = { serial, reason: 'copied', crlReason: 'keyCompromise', correlationId: 'c' }
  await world.call('/v1/certificates/revoke', request)
  expect(await world.issue(key, owner)).toEqual({ refused: 'not-issued' })
})

test('of requests at once for one key, one account gets the certificate', async () => {
  const key = Sm2PrivateKey.generate()
  const answers = await Promise.all(Array.from({ length: 6 }, () => world.issue(key, newOwner())))
  expect(answers.filter((answer) => 'serial' in answer)).toHaveLength(1)
})

test('an encryption certificate never counts as a signature and is checked for its own purpose', async () => {
  const owner = newOwner()
  const issued = await world.issue(Sm2PrivateKey.generate(), owner, { profile: 'customer-encryption' })
  const verify = (purpose: string) =>
    world.call<object>('/v1/certificates/verify', {
      serial: issued.serial,
      ...owner,
      purpose,
      correlationId: 'c',
    })
  expect(await verify('encryption')).toMatchObject({ valid: true, status: 'good', nearExpiry: false })
  expect(await verify('signing')).toMatchObject({ valid: false, status: 'wrong-purpose' })
})

test('search pages through what the caller ordered and shows nothing of another caller', async () => {
  const owner = newOwner()
  const serials = new Set<string>()
  for (let count = 0; count < 5; count += 1)
    serials.add((await world.issue(Sm2PrivateKey.generate(), owner)).serial)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: z.infer<typeof api.searchAnswer> = await world.call('/v1/certificates/search', {
      accountId: owner.accountId,
      limit: 2,
      ...(cursor === null ? {} : { cursor }),
    })
    seen.push(...page.certificates.map(({ serial }) => serial))
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(seen.toSorted()).toEqual([...serials].toSorted())
  const foreign = await world.call<z.infer<typeof api.searchAnswer>>('/v1/certificates/search', {}, 'other')
  expect(foreign.certificates).toEqual([])
  const [serial = ''] = seen
  await world.call('/v1/certificates/revoke', { serial, reason: 'x', correlationId: 'c' }, 'other')
  expect(await statusOf(serial)).toBe('good')
})

test('a search by the time of expiry finds what expires then, from the first moment to before the last', async () => {
  const { serial, notAfterMs } = await world.issue()
  const found = async (expiresFromMs: number, expiresBeforeMs: number) => {
    const page = await world.call<z.infer<typeof api.searchAnswer>>('/v1/certificates/search', {
      serial,
      expiresFromMs,
      expiresBeforeMs,
    })
    return page.certificates.length
  }
  expect(await found(notAfterMs, notAfterMs + 1)).toBe(1)
  expect(await found(notAfterMs - 1, notAfterMs)).toBe(0)
  expect(await found(notAfterMs + 1, notAfterMs + 2)).toBe(0)
})

test('calendar and statistics count what is there', async () => {
  const { serial, notAfterMs } = await world.issue()
  const calendar = await world.call<z.infer<typeof api.expiryCalendarAnswer>>(
    '/v1/certificates/expiry-calendar',
    { fromMs: notAfterMs - 86_400_000, days: 2 },
  )
  expect(calendar.days.flatMap(({ counts }) => counts)).toContainEqual(
    expect.objectContaining({ profile: 'customer-signing' }),
  )
  const before = await world.call<z.infer<typeof api.statisticsAnswer>>('/v1/statistics', {})
  await change('revoke', serial, 'channel')
  const after = await world.call<z.infer<typeof api.statisticsAnswer>>('/v1/statistics', {})
  expect(after.revokedLastDay - before.revokedLastDay).toBe(1)
})

test('the event feed misses nothing, and a changed or removed event breaks its chain', async () => {
  const { serial } = await world.issue()
  await change('revoke', serial, 'customer')
  const feed: z.infer<typeof api.eventsAnswer>['events'] = []
  for (let page = 0; page < 100; page += 1) {
    const { events } = await world.call<z.infer<typeof api.eventsAnswer>>('/v1/events', {
      afterPosition: feed.at(-1)?.position ?? 0,
      limit: 7,
    })
    if (events.length === 0) break
    feed.push(...events)
  }
  expect(feed.filter((event) => event.serial === serial).map(({ event }) => event)).toEqual([
    'issued',
    'revoked',
  ])
  for (const event of feed) {
    const link = concatBytes(hexToBytes(event.previousDigest), api.eventBytes('channel', event))
    expect(bytesToHex(sm3(link))).toBe(event.digest)
  }
  const { db } = world.database
  await linkEvents(db)
  expect(await firstBrokenLink(db)).toBeUndefined()
  const position = 3n
  await db.execute(sql`update ca_event set outcome = outcome || '!' where position = ${position}`)
  expect(await firstBrokenLink(db)).toBe(3)
})
