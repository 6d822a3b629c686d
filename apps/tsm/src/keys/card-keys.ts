import { ByteWriter, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { hkdfSm3, randomBytes, type SecretBytes } from '@anqu/gm-crypto'
import { sql, type Clock, type Db, type Queryable } from '@anqu/platform'
import { SM4, type KeySet } from '@anqu/secure-element'
import { TsmRefusal } from '../refused.ts'
import { openValue, sealValue } from './sealed-value.ts'

const masterLength = 32
const partLength = 16
/** Issuer keys of master version n are version 30+n on the card; below the range of client instances (40–6F). */
const firstIssuerVersion = 0x30
const mostMasterVersions = 15
const firstClientVersion = 0x40
const clientVersions = 0x30

/** Card keys: derived, never stored. Master keys: wrapped by the key-encryption key, which is not in the database. */
export type CardKeys = {
  current(): number
  /** The issuer's keys of a card under master version `version`. */
  issuer(cardId: string, version: number): KeySet
  /** Keys of the client instance that is the `generation`th to use this card, under the master version it was given. */
  client(cardId: string, given: { readonly generation: number; readonly master: number }): KeySet
  /** Master version behind a key version on a card; undefined when it is none of ours. */
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
type Master = { readonly version: number; readonly key: Uint8Array }

/** Loads the master keys; the first start makes version 1. */
export async function loadCardKeys(needs: Needs): Promise<CardKeys> {
  const { kek } = needs
  if ((await readMasters(needs)).length === 0)
    await addMaster(needs.db, needs, { version: 1, requester: null, approver: null })
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
      version: firstIssuerVersion + version,
      cipher: SM4,
      keys: derive(masterOf(version).key, { use: 'issuer', number: version, cardId }),
    }),
    client: (cardId, { generation, master }) => ({
      version: firstClientVersion + (generation % clientVersions),
      cipher: SM4,
      keys: derive(masterOf(master).key, { use: 'client', number: generation, cardId }),
    }),
    masterVersionOf: (keyVersion) =>
      masters.find(({ version }) => firstIssuerVersion + version === keyVersion)?.version,
    isHeld: (version) => masters.some((master) => master.version === version),
    async addVersion(tx, people) {
      const { newest } = await tx.one<{ newest: number }>(sql`select max(version) as newest from master_key`)
      const version = newest + 1
      if (version > mostMasterVersions) throw new TsmRefusal('not-now', 'all versions are used up')
      await addMaster(tx, needs, { version, ...people })
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
  const rows = await db.query<{ version: number; wrapped: Uint8Array }>(
    sql`select version, wrapped from master_key where wrapped is not null order by version`,
  )
  return rows.map(({ version, wrapped }) => ({
    version,
    key: openValue(kek, `master:${version}`, new Uint8Array(wrapped)),
  }))
}

type NewMaster = {
  readonly version: number
  readonly requester: string | null
  readonly approver: string | null
}

async function addMaster(
  tx: Queryable,
  { clock, kek }: Needs,
  { version, requester, approver }: NewMaster,
): Promise<void> {
  const wrapped = sealValue(kek, `master:${version}`, randomBytes(masterLength))
  await tx.execute(sql`
    insert into master_key (version, wrapped, created_at_ms, requested_by, approved_by)
    values (${version}, ${wrapped}, ${clock.nowMs()}, ${requester}, ${approver}) on conflict do nothing`)
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
