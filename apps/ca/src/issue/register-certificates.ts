import { bytesToHex } from '@anqu/encoding'
import { sql, uuidv7, type Clock, type Db } from '@anqu/platform'
import { createBatcher } from '../batcher.ts'
import type { KeyAlgorithm } from '../profiles/transition.ts'
import type { ProfileName } from '../profiles/profiles.ts'

/** A signed certificate that nobody has seen yet, and what is registered with it. */
export type NewCertificate = {
  readonly serialHex: string
  readonly shard: string
  readonly profile: ProfileName
  readonly profileVersion: number
  readonly accountId: string | null
  readonly holder: string | null
  readonly terminalId: string | null
  readonly caller: string
  readonly idempotencyKey: string
  readonly requestDigest: Uint8Array
  /** The point of an SM2 key; of another kind, its SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly keyAlgorithm: KeyAlgorithm
  readonly der: Uint8Array
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly correlationId: string
  readonly renews: string | null
}

/** Registers a certificate; false when the order was there before, or the key is another's or blocked. */
export type Register = (certificate: NewCertificate) => Promise<boolean>

const largestBatch = 64

/**
 * Orders that come at once share a statement and its commit. What it does not take is never handed out: a certificate that
 * left this process is in the database.
 */
export const createRegister = (db: Db, clock: Clock): Register =>
  createBatcher({
    run: (certificates) => register(db, clock.nowMs(), certificates),
    names: ({ publicKey, caller, idempotencyKey }) => [
      `key ${bytesToHex(publicKey)}`,
      `order ${caller} ${idempotencyKey}`,
    ],
    largest: largestBatch,
    lanes: 2,
  })

/** One statement registers key, certificate and event of each, or none of the three. */
async function register(db: Db, nowMs: number, all: readonly NewCertificate[]): Promise<boolean[]> {
  const column = <Value>(of: (certificate: NewCertificate) => Value): Value[] => all.map(of)
  const rows = await db.query<{ serial: string }>(sql`
    with input as (
      select * from unnest(
        ${column(({ serialHex }) => serialHex)}::text[], ${column(({ shard }) => shard)}::text[],
        ${column(({ profile }) => profile)}::text[], ${column(({ profileVersion }) => profileVersion)}::int[],
        ${column(({ accountId }) => accountId)}::uuid[], ${column(({ holder }) => holder)}::text[],
        ${column(({ terminalId }) => terminalId)}::uuid[], ${column(({ caller }) => caller)}::text[],
        ${column(({ idempotencyKey }) => idempotencyKey)}::text[],
        ${column(({ requestDigest }) => requestDigest)}::bytea[], ${column(({ publicKey }) => publicKey)}::bytea[],
        ${column(({ der }) => der)}::bytea[], ${column(({ notBeforeMs }) => notBeforeMs)}::int8[],
        ${column(({ notAfterMs }) => notAfterMs)}::int8[], ${column(({ correlationId }) => correlationId)}::text[],
        ${column(({ renews }) => renews)}::text[], ${column(({ keyAlgorithm }) => keyAlgorithm)}::text[],
        ${all.map(() => uuidv7(nowMs))}::uuid[])
      as i (serial, shard, profile, profile_version, account_id, holder, terminal_id, caller, idempotency_key,
        request_digest, public_key, der, not_before_ms, not_after_ms, correlation_id, renews,
        key_algorithm, event_id)),
    key as (
      insert into subject_key as k (public_key, account_id, terminal_id)
      select public_key, account_id, terminal_id from input as i where not exists (
        select 1 from certificate as c where c.caller = i.caller and c.idempotency_key = i.idempotency_key)
      on conflict (public_key) do update set public_key = excluded.public_key
        where k.account_id is not distinct from excluded.account_id
          and k.terminal_id is not distinct from excluded.terminal_id and not k.blocked
      returning public_key),
    issued as (
      insert into certificate (serial, shard, profile, profile_version, account_id, holder, terminal_id, caller,
        idempotency_key, request_digest, public_key, der, state, not_before_ms, not_after_ms, issued_at_ms, correlation_id, renews,
        key_algorithm)
      select serial, shard, profile, profile_version, account_id, holder, terminal_id, caller, idempotency_key, request_digest,
        public_key, der, 'good', not_before_ms, not_after_ms, ${nowMs}, correlation_id, renews, key_algorithm
      from input join key using (public_key)
      on conflict (caller, idempotency_key) do nothing returning serial),
    event as (
      insert into ca_event (event_id, at_ms, event, caller, serial, outcome, detail, correlation_id)
      select event_id, ${nowMs}, 'issued', caller, serial, 'success', profile, correlation_id
      from input join issued using (serial))
    select serial from issued`)
  const issued = new Set(rows.map(({ serial }) => serial))
  return all.map(({ serialHex }) => issued.has(serialHex))
}
