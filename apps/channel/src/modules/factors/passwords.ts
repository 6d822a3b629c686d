import { Refusal } from '@anqu/contract'
import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import type { SecretBytes } from '@anqu/gm-crypto'
import { hash, verify } from '@node-rs/argon2'
import { sql, type Clock, type Db, type Transaction } from '@anqu/platform'
import type { Keys } from '../../needs/keys.ts'
import { isStrongPassword } from './domain/password-rules.ts'

export type PasswordKind = 'login' | 'transaction' | 'staff'

export type Passwords = {
  /** Throws unless strong, new, and different from the person's other password (C-6.3.2-e-s1, D-5.2.1.1-b-s2). */
  assertAcceptable(
    subject: string,
    kind: PasswordKind,
    password: SecretBytes,
    ownData: readonly string[],
  ): Promise<void>
  hash(password: SecretBytes): Promise<Uint8Array>
  storeIn(tx: Transaction, subject: string, kind: PasswordKind, sealedHash: Uint8Array): Promise<void>
  /** True when it is the subject's password. An unknown subject costs the same time. */
  matches(subject: string | undefined, kind: PasswordKind, password: SecretBytes): Promise<boolean>
  find(subject: string, kind: PasswordKind): Promise<{ changedAtMs: number; mustChange: boolean } | undefined>
}

// Argon2id with the parameters of RFC 9106's second choice scaled to 19 MiB (OWASP): 5.5 ms a check on this kind of core.
const argon = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

type Row = { sealed_hash: Uint8Array; changed_at_ms: bigint; must_change: boolean }

export function createPasswords(needs: {
  db: Db
  clock: Clock
  keys: Pick<Keys, 'seal' | 'open'>
}): Passwords {
  const { db, clock, keys } = needs
  const nobody = hash('no such subject has this', argon)
  const read = (subject: string, kind: PasswordKind): Promise<Row | undefined> =>
    db.maybe<Row>(
      sql`select sealed_hash, changed_at_ms, must_change from password where subject = ${subject} and kind = ${kind}`,
    )
  const compare = async (sealedHash: Uint8Array, password: SecretBytes): Promise<boolean> => {
    const stored = bytesToUtf8(await keys.open('password', sealedHash))
    return password.use((bytes) => verify(stored, bytes))
  }
  const matches: Passwords['matches'] = async (subject, kind, password) => {
    const row = subject === undefined ? undefined : await read(subject, kind)
    if (row !== undefined) return compare(row.sealed_hash, password)
    const stored = await nobody
    await password.use((bytes) => verify(stored, bytes))
    return false
  }
  return {
    matches,
    async assertAcceptable(subject, kind, password, ownData) {
      if (!password.use((bytes) => isStrongPassword(bytesToUtf8(bytes), ownData)))
        throw new Refusal('password.too-weak')
      const others: readonly PasswordKind[] = kind === 'staff' ? ['staff'] : ['login', 'transaction']
      for (const other of others)
        if (await matches(subject, other, password)) throw new Refusal('password.same-as-other')
    },
    async hash(password) {
      const text = await password.use((bytes) => hash(bytes, argon))
      return keys.seal('password', utf8ToBytes(text))
    },
    async storeIn(tx, subject, kind, sealedHash) {
      await tx.execute(sql`
        insert into password (subject, kind, sealed_hash, changed_at_ms, must_change)
        values (${subject}, ${kind}, ${sealedHash}, ${clock.nowMs()}, false)
        on conflict (subject, kind) do update set sealed_hash = excluded.sealed_hash,
          changed_at_ms = excluded.changed_at_ms, must_change = false`)
    },
    async find(subject, kind) {
      const row = await read(subject, kind)
      return row === undefined
        ? undefined
        : { changedAtMs: Number(row.changed_at_ms), mustChange: row.must_change }
    },
  }
}
