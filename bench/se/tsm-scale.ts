import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ClientCard, provisionCard, serveCard, type Call } from '@anqu/client'
import { secureElementsContinue, secureElementsProvision, type OutputOf } from '@anqu/contract'
import { base64ToBytes, bytesToHex } from '@anqu/encoding'
import { initGmCrypto, sm2Verifier, Sm2PrivateKey } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { createServiceCall, openDatabase, sql, systemClock, uuidv7, type Db } from '@anqu/platform'
import { createCard, MemoryCard } from '@anqu/secure-element'
import { startSystem } from '@anqu/starter'
import { z } from 'zod'

// How the cost of a card depends on how many cards the TSM has: each row adds cards to the same running TSM and then runs whole
// scripts with real cards over HTTP, signed both ways. `npm run bench:tsm`.

const sizes = [100, 1_000, 10_000, 100_000]
const scripts = 40
const protocol = 'anqu-tsm'

/** The TSM under the routes of the channel, so that the client's own code carries the scripts. */
type Manager = { readonly call: Call; readonly root: Uint8Array }

async function connect(dataDir: string, url: string): Promise<Manager> {
  const key = Sm2PrivateKey.generate()
  await writeFile(path.join(dataDir, 'tsm-callers', 'bench.pub'), bytesToHex(key.publicKey.bytes))
  const trust = z
    .object({ signature: z.string(), chain: z.array(z.string()) })
    .parse(await (await fetch(`${url}/v1/trust`)).json())
  const verify = sm2Verifier(parseCertificate(base64ToBytes(trust.signature)).publicKey)
  const service = createServiceCall({ protocol, url, caller: 'bench', key, clock: systemClock, verify })
  const instance = bytesToHex(key.publicKey.bytes.subarray(1, 17))
  const call: Call = async (route, input) => {
    const answer = await service(pathOf(route.path), bodyOf(route.path, input, instance), z.unknown())
    // Parsed with this very route's schema.
    return route.output.parse(withoutPackage(answer)) as OutputOf<typeof route>
  }
  return { call, root: base64ToBytes(trust.chain.at(-1) ?? '') }
}

const pathOf = (route: string): string =>
  route === secureElementsContinue.path ? '/v1/scripts/continue' : '/v1/scripts/begin'

function bodyOf(route: string, input: unknown, instance: string): object {
  const given = z.record(z.string(), z.unknown()).parse(input)
  if (route === secureElementsContinue.path) return { ...given, instance }
  const provisions = route === secureElementsProvision.path
  const { bindingId: _, ...card } = given
  const [goal, holder] = provisions ? ['provision', uuidv7()] : ['serve', null]
  return { ...card, correlationId: uuidv7(), holder, instance, goal }
}

/** The channel hands on less than the TSM says. */
function withoutPackage(answer: unknown): unknown {
  const known = z
    .object({ result: z.record(z.string(), z.unknown()).nullable() })
    .loose()
    .parse(answer)
  if (known.result === null) return known
  const { packageAid: _, ...result } = known.result
  return { ...known, result }
}

/** Cards as they are after their first contact, made by statement: what counts is that the TSM has them. */
async function fill(db: Db, upTo: number): Promise<void> {
  await db.execute(sql`
    insert into card (card_id, kind, holder, instance, state, key_version, client_generation, package_aid, package_version,
      enrolled_at_ms, last_contact_at_ms)
    select 'ff' || lpad(to_hex(n), 18, '0'), 'virtual', gen_random_uuid(), 'made-' || n, 'personalised', 1, 1,
      'f0414e51550100', 1, 0, 0
    from generate_series((select count(*) from card) + 1, ${upTo}) n on conflict do nothing`)
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function timed(times: number, work: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let run = 0; run < times; run += 1) {
    const startedAt = performance.now()
    await work()
    took.push(performance.now() - startedAt)
  }
  return median(took)
}

function newCard({ root }: Manager): ClientCard {
  let kept: Uint8Array | undefined
  const card = createCard({
    storage: new MemoryCard().holder(),
    issuerRoot: root,
    applications: 'to-be-loaded',
  })
  return new ClientCard(card, {
    load: async () => kept?.slice(),
    save: async (secret) => void (kept = secret.slice()),
  })
}

async function measure(manager: Manager): Promise<string> {
  const provision = await timed(scripts, () => provisionCard(manager, newCard(manager), uuidv7()))
  const serve = await timed(scripts, () => serveCard(manager, newCard(manager)))
  return `${provision.toFixed(1).padStart(22)} ms${serve.toFixed(2).padStart(22)} ms`
}

await initGmCrypto()
const dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-bench-tsm-'))
const system = await startSystem({ dataDir, ports: 'free' })
const db = openDatabase({ url: system.databases['anqu_tsm'] ?? '', statementTimeoutMs: 120_000 })
try {
  const manager = await connect(dataDir, system.addresses['tsm'] ?? '')
  await measure(manager)
  console.log(`cards in the TSM   whole provisioning, median   nothing to do, median   (${scripts} each)`)
  for (const size of sizes) {
    await fill(db, size)
    console.log(`${String(size).padStart(16)}${await measure(manager)}`)
  }
} finally {
  await db.close()
  await system.stop()
  await rm(dataDir, { recursive: true })
}
