import { ByteWriter, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { hkdfSm3, randomBytes, type SecretBytes } from '@anqu/gm-crypto'
import { sql, type Clock, type Db, type Queryable } from '@anqu/platform'
import { SM4, type KeySet } from '@anqu/secure-element'
import { TsmRefusal } from '../refused.ts'
import { openValue, sealValue } from './sealed-value.ts'

const masterLength = 32
const partLength = 16
/**
 * Under which numbers (GlobalPlatform key versions) cards keep the issuer's keys: those of SCP03, below the client instances
 * (40–6F). Each version that is not retired has one of its own; they are given in turn, so that one comes back late.
 */
const issuerNumbers = Array.from({ length: 15 }, (_, at) => 0x31 + at)
const firstClientVersion = 0x40
const clientVersions = 0x30

/** Card keys: derived, never stored. Master keys: wrapped by the key-encryption key, which is not in the database. */
export type CardKeys = {
  current(): number
  /** The issuer's keys of a card under master version `version`. */
  issuer(cardId: string, version: number): KeySet
  /** Keys of the client instance that is the `generation`th to use this card, under the master version it was given. */
  client(cardId: string, given: { readonly generation: number; readonly master: number }): KeySet
  /** Master version behind a key version on a card, retired ones left out; undefined when it is none of ours. */
  masterVersionOf(keyVersion: number): number | undefined
  /** Whether that version is not retired. */
  isHeld(version: number): boolean
  /** Makes the next version; it counts once the transaction is over and `reload` was called. */
  addVersion(
    tx: Queryable,
    people: { readonly requester: string; readonly approver: string },
  ): Promise<number>
  reload(): Promise<void>
  seal(context: string, value: Uint8Array): Uint8Array
  open(context: string, sealed: Uint8Array): Uint8Array
}

type Needs = { readonly db: Db; readonly clock: Clock; readonly kek: SecretBytes }
type Master = { readonly version: number; readonly number: number; readonly key: Uint8Array }

/** Loads the master keys; the first start makes version 1. */
export async function loadCardKeys(needs: Needs): Promise<CardKeys> {
  const { kek } = needs
  if ((await readMasters(needs)).length === 0)
    await addMaster(needs.db, needs, {
      version: 1,
      number: nextNumber([]),
      requester: null,
      approver: null,
    })
  let masters = await readMasters(needs)
  const current = (): number => masters.at(-1)?.version ?? 0
  const masterOf = (version: number): Master => {
    const found = masters.find((master) => master.version === version)
    if (found === undefined) throw new RangeError(`there is no master key ${version}`)
    return found
  }
  return {
    current,
    issuer: (cardId, version) => ({
      version: masterOf(version).number,
      cipher: SM4,
      keys: derive(masterOf(version).key, { use: 'issuer', number: version, cardId }),
    }),
    client: (cardId, { generation, master }) => ({
      version: firstClientVersion + (generation % clientVersions),
      cipher: SM4,
      keys: derive(masterOf(master).key, { use: 'client', number: generation, cardId }),
    }),
    masterVersionOf: (keyVersion) => masters.find(({ number }) => number === keyVersion)?.version,
    isHeld: (version) => masters.some((master) => master.version === version),
    async addVersion(tx, people) {
      const given = await tx.query<Given>(
        sql`select version, card_number, wrapped is not null as held from master_key order by version`,
      )
      const version = (given.at(-1)?.version ?? 0) + 1
      await addMaster(tx, needs, { version, number: nextNumber(given), ...people })
      return version
    },
    async reload() {
      masters = await readMasters(needs)
    },
    seal: (context, value) => sealValue(kek, context, value),
    open: (context, sealed) => openValue(kek, context, sealed),
  }
}

/** Those that are not retired. */
async function readMasters({ db, kek }: Needs): Promise<Master[]> {
  const rows = await db.query<{ version: number; card_number: number; wrapped: Uint8Array }>(
    sql`select version, card_number, wrapped from master_key where wrapped is not null order by version`,
  )
  return rows.map(({ version, card_number: number, wrapped }) => ({
    version,
    number,
    key: openValue(kek, `master:${version}`, new Uint8Array(wrapped)),
  }))
}

type Given = { readonly version: number; readonly card_number: number; readonly held: boolean }

/** The number after the one given last that no version holds. @throws TsmRefusal when all are held. */
function nextNumber(given: readonly Given[]): number {
  const start = issuerNumbers.indexOf(given.at(-1)?.card_number ?? 0) + 1
  const inTurn = [...issuerNumbers.slice(start), ...issuerNumbers.slice(0, start)]
  const held = new Set(given.filter((one) => one.held).map((one) => one.card_number))
  const free = inTurn.find((number) => !held.has(number))
  if (free === undefined) throw new TsmRefusal('not-now', 'fifteen versions are held: retire one first')
  return free
}

type NewMaster = {
  readonly version: number
  readonly number: number
  readonly requester: string | null
  readonly approver: string | null
}

async function addMaster(
  tx: Queryable,
  { clock, kek }: Needs,
  { version, number, requester, approver }: NewMaster,
): Promise<void> {
  const wrapped = sealValue(kek, `master:${version}`, randomBytes(masterLength))
  await tx.execute(sql`
    insert into master_key (version, card_number, wrapped, created_at_ms, requested_by, approved_by)
    values (${version}, ${number}, ${wrapped}, ${clock.nowMs()}, ${requester}, ${approver}) on conflict do nothing`)
}

/** ENC ‖ MAC ‖ DEK from HKDF-SM3 over use, number and the card's identifier, so that no two cards or uses share a key. */
function derive(
  master: Uint8Array,
  about: { use: 'issuer' | 'client'; number: number; cardId: string },
): KeySet['keys'] {
  const info = new ByteWriter()
    .bytes(utf8ToBytes(`anqu-card-keys-v1:${about.use}:`))
    .u32(about.number)
    .bytes(hexToBytes(about.cardId))
    .finish()
  const bytes = hkdfSm3(master, { info, length: 3 * partLength })
  const part = (at: number): Uint8Array => bytes.slice(at * partLength, (at + 1) * partLength)
  return { encryption: part(0), mac: part(1), data: part(2) }
}
