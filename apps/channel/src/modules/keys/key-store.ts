import { sql, type Clock, type Db } from '@anqu/platform'

/** A stored key: always wrapped, never in the clear. */
export type StoredKey = {
  readonly wrapped: Uint8Array
  readonly certificate: Uint8Array | null
  readonly chain: Uint8Array[]
}

export type KeyStore = {
  find(name: string): Promise<StoredKey | undefined>
  /** Stores unless another process was first; answers what is stored now. */
  insert(name: string, kind: string, key: StoredKey): Promise<StoredKey>
  subjectKey(subject: string): Promise<Uint8Array | undefined>
  insertSubjectKey(subject: string, wrapped: Uint8Array): Promise<Uint8Array>
}

export function createKeyStore({ db, clock }: { db: Db; clock: Clock }): KeyStore {
  const find = (name: string): Promise<StoredKey | undefined> =>
    db.maybe<StoredKey>(
      sql`select wrapped, certificate, chain from key_material where name = ${name} and state = 'active'`,
    )
  const subjectKey = async (subject: string): Promise<Uint8Array | undefined> => {
    const row = await db.maybe<{ wrapped: Uint8Array | null }>(
      sql`select wrapped from subject_key where subject = ${subject} and state = 'active'`,
    )
    return row?.wrapped ?? undefined
  }
  return {
    find,
    subjectKey,
    async insert(name, kind, key) {
      await db.execute(sql`
        insert into key_material (name, kind, state, wrapped, certificate, chain, created_at_ms)
        values (${name}, ${kind}, 'active', ${key.wrapped}, ${key.certificate}, ${key.chain}::bytea[], ${clock.nowMs()})
        on conflict (name) do nothing`)
      const stored = await find(name)
      if (stored === undefined) throw new Error(`key ${name} is not active`)
      return stored
    },
    async insertSubjectKey(subject, wrapped) {
      await db.execute(sql`
        insert into subject_key (subject, state, wrapped, created_at_ms) values (${subject}, 'active', ${wrapped}, ${clock.nowMs()})
        on conflict (subject) do nothing`)
      const stored = await subjectKey(subject)
      if (stored === undefined) throw new Error('this subject’s key was destroyed')
      return stored
    },
  }
}
