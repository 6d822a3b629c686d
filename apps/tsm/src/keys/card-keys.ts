import { ByteWriter, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { hkdfSm3, randomBytes, type SecretBytes } from '@anqu/gm-crypto'
import { sql, type Clock, type Db } from '@anqu/platform'
import { SM4, type KeySet } from '@anqu/secure-element'
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
  rotate(): Promise<number>
  versions(): readonly { readonly version: number; readonly createdAtMs: number }[]
  seal(context: string, value: Uint8Array): Uint8Array
  open(context: string, sealed: Uint8Array): Uint8Array
}

type Needs = { readonly db: Db; readonly clock: Clock; readonly kek: SecretBytes }
type Master = { readonly version: number; readonly key: Uint8Array; readonly createdAtMs: number }

/** Loads the master keys; the first start makes version 1. */
export async function loadCardKeys(needs: Needs): Promise<CardKeys> {
  const { kek } = needs
  if ((await readMasters(needs)).length === 0) await addMaster(needs, 1)
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
    async rotate() {
      const next = current() + 1
      if (next > mostMasterVersions) throw new RangeError('all versions of the master key are used up')
      await addMaster(needs, next)
      masters = await readMasters(needs)
      return current()
    },
    versions: () => masters.map(({ version, createdAtMs }) => ({ version, createdAtMs })),
    seal: (context, value) => sealValue(kek, context, value),
    open: (context, sealed) => openValue(kek, context, sealed),
  }
}

async function readMasters({ db, kek }: Needs): Promise<Master[]> {
  const rows = await db.query<{ version: number; wrapped: Uint8Array; created_at_ms: bigint }>(
    sql`select version, wrapped, created_at_ms from master_key order by version`,
  )
  return rows.map(({ version, wrapped, created_at_ms: createdAtMs }) => ({
    version,
    key: openValue(kek, `master:${version}`, new Uint8Array(wrapped)),
    createdAtMs: Number(createdAtMs),
  }))
}

async function addMaster({ db, clock, kek }: Needs, version: number): Promise<void> {
  const wrapped = sealValue(kek, `master:${version}`, randomBytes(masterLength))
  await db.execute(sql`
    insert into master_key (version, wrapped, created_at_ms) values (${version}, ${wrapped}, ${clock.nowMs()})
    on conflict do nothing`)
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
