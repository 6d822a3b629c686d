import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import type { Certificate } from '@anqu/pki'
import { AuthorityCaller, startLiveSystem, type LiveSystem } from '@anqu/conformance/system'
import { sql, uuidv7 } from '@anqu/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

const kills = 6
/** How many things one round has asked for when the kill comes; it differs from round to round. */
const askedBeforeKill = (round: number): number => 5 + 7 * round

let dataDir: string
let system: LiveSystem
let stop: () => Promise<void>
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-kill-ca-'))
  ;({ system, stop } = await startLiveSystem(dataDir))
})
afterAll(async () => {
  await stop()
  await rm(dataDir, { recursive: true })
})

/** What the CA said it had done. */
type Promised = { issued: Certificate[]; revoked: Certificate[]; approved: Certificate[] }
const proposal = z.object({ proposalId: z.string(), digest: z.string() })

async function work(caller: AuthorityCaller, promised: Promised, count: () => void): Promise<void> {
  const asked = async <T>(ask: Promise<T>): Promise<T> => {
    count()
    return ask
  }
  for (;;) {
    const certificate = await asked(caller.issue(Sm2PrivateKey.generate()))
    promised.issued.push(certificate)
    if (promised.issued.length % 3 === 0) {
      await asked(caller.revoke(certificate))
      promised.revoked.push(certificate)
    } else if (promised.issued.length % 3 === 1) {
      await asked(approve(caller, certificate))
      promised.approved.push(certificate)
    }
  }
}

async function approve(caller: AuthorityCaller, { serialHex: serial }: Certificate): Promise<void> {
  const action = { kind: 'revoke', serial, crlReason: 'keyCompromise', reason: 'found out' }
  const order = { action, officer: 'chen', correlationId: uuidv7() }
  const proposed = await caller.call('/v1/proposals', order, proposal.loose())
  const { proposalId, digest } = proposed
  const decision = { proposalId, digest, officer: 'wang', decision: 'approve', correlationId: uuidv7() }
  await caller.call('/v1/proposals/decide', decision, z.object({ state: z.literal('approved') }).loose())
}

test('kill -9 of the CA at any moment loses nothing it said, and its lists never go back in number', async () => {
  const promised: Promised = { issued: [], revoked: [], approved: [] }
  const numbers: bigint[] = []
  for (let round = 0; round < kills; round += 1) {
    const caller = await AuthorityCaller.enrol(system)
    let asked = 0
    let killing: Promise<void> | undefined
    const count = (): void => {
      asked += 1
      if (asked >= askedBeforeKill(round)) killing ??= system.kill('ca')
    }
    await Promise.allSettled(Array.from({ length: 4 }, () => work(caller, promised, count)))
    await killing
    await system.restart('ca')
    const [row] = await system.database.rows<{ number: bigint }>(
      'anqu_ca',
      sql`select max(number) as number from crl_shard where number = greatest(full_number, delta_number)`,
    )
    numbers.push(row?.number ?? 0n)
  }
  process.stdout.write(
    `kill test of the CA: ${kills} kills, ${promised.issued.length} issued, ${promised.revoked.length} revoked, ` +
      `${promised.approved.length} revoked by two officers\n`,
  )
  expect(promised.issued.length).toBeGreaterThan(kills)
  const reader = await AuthorityCaller.enrol(system)
  const gone = new Set([...promised.revoked, ...promised.approved].map(({ serialHex }) => serialHex))
  for (const certificate of promised.issued) {
    const { status } = await reader.byOcsp(certificate)
    // Good may still be what was asked to be revoked by a call that got no answer: those are promised nothing.
    expect(gone.has(certificate.serialHex) ? status : ['good', 'revoked'].includes(status)).toBe(
      gone.has(certificate.serialHex) ? 'revoked' : true,
    )
  }
  expect(numbers).toEqual(numbers.toSorted((left, right) => (left < right ? -1 : left > right ? 1 : 0)))
  await expectWholeRegister(system)
}, 300_000)

/** Key, certificate and event are there together, an approval with what it approves, and the chain of events is whole. */
async function expectWholeRegister(live: LiveSystem): Promise<void> {
  const [row] = await live.database.rows<Record<string, bigint>>(
    'anqu_ca',
    sql`select
      (select count(*) from certificate c where not exists (
        select 1 from ca_event e where e.serial = c.serial and e.event = 'issued')) as without_event,
      (select count(*) from certificate c where not exists (
        select 1 from subject_key k where k.public_key = c.public_key)) as without_key,
      (select count(*) from proposal p where p.state = 'approved' and not exists (
        select 1 from certificate c where c.serial = p.payload::json ->> 'serial' and c.state = 'revoked')) as without_effect,
      (select count(*) from certificate c where c.state = 'revoked' and not exists (
        select 1 from ca_event e where e.serial = c.serial and e.event = 'revoked')) as silently_revoked,
      (select max(position) - count(*) from ca_event where position is not null) as gaps`,
  )
  expect(row).toEqual({
    without_event: 0n,
    without_key: 0n,
    without_effect: 0n,
    silently_revoked: 0n,
    gaps: 0n,
  })
}
