import { randomBytes, Sm2PrivateKey, Sm2PublicKey, sm2Verifier } from '@anqu/gm-crypto'
import { sql, type Clock, type Db } from '@anqu/platform'

export interface BankSecrets {
  readonly signingKey: Sm2PrivateKey
  /** For look-ups by owner without keeping the owner. */
  readonly ownerKey: Uint8Array
}

/** The bank's own keys, made at its first start and kept in its database. */
export async function openSecrets(db: Db): Promise<BankSecrets> {
  await db.execute(sql`insert into bank_secret (id, signing_key, owner_key)
    values (1, ${Sm2PrivateKey.generate().exportBytes()}, ${randomBytes(32)}) on conflict do nothing`)
  const row = await db.one<{ key: Uint8Array; owner: Uint8Array }>(
    sql`select signing_key as key, owner_key as owner from bank_secret where id = 1`,
  )
  return { signingKey: Sm2PrivateKey.fromBytes(new Uint8Array(row.key)), ownerKey: new Uint8Array(row.owner) }
}

/** Checks a signature of one channel, with a table for its key. */
export type Verifier = (message: Uint8Array, signature: Uint8Array) => boolean

export interface ChannelKeys {
  find(channelId: string): Promise<Verifier | undefined>
  /** False when another key is registered under that name: the first one stays. */
  register(channelId: string, publicKey: Sm2PublicKey): Promise<boolean>
}

/** Keys of the channels that may ask. Changing one is left to a person with access to the database, as at a real bank. */
export function createChannelKeys(db: Db, clock: Clock): ChannelKeys {
  const verifiers = new Map<string, Verifier>()
  const read = async (channelId: string): Promise<Sm2PublicKey | undefined> => {
    const row = await db.maybe<{ key: Uint8Array }>(
      sql`select public_key as key from channel_key where channel_id = ${channelId}`,
    )
    return row === undefined ? undefined : Sm2PublicKey.fromBytes(new Uint8Array(row.key))
  }
  return {
    async find(channelId) {
      const known = verifiers.get(channelId)
      if (known !== undefined) return known
      const key = await read(channelId)
      if (key === undefined) return undefined
      const verifier = sm2Verifier(key)
      verifiers.set(channelId, verifier)
      return verifier
    },
    async register(channelId, publicKey) {
      await db.execute(sql`insert into channel_key (channel_id, public_key, registered_at_ms)
        values (${channelId}, ${publicKey.bytes}, ${clock.nowMs()}) on conflict do nothing`)
      return (await read(channelId))?.equals(publicKey) ?? false
    },
  }
}
