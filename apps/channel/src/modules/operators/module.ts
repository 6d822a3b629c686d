import {
  Refusal,
  staffBeginLogin,
  staffCurrent,
  staffFinishLogin,
  staffLogout,
  type OutputOf,
} from '@anqu/contract'
import { bytesToBase64Url, bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { randomBytes, type SecretBytes } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { sql, uuidv7, type Clock, type Db, type ShortLivedStore } from '@anqu/platform'
import { bind, type BoundRoute, type RequestContext, type StaffSession } from '../../http/bound-route.ts'
import type { AuditLog } from '../../needs/audit.ts'
import type { Keys } from '../../needs/keys.ts'
import type { Factors } from '../factors/index.ts'

export type OperatorsNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly store: ShortLivedStore
  readonly audit: AuditLog
  readonly keys: Pick<Keys, 'sealFor' | 'openFor' | 'lookup'>
  readonly factors: Pick<Factors, 'guard' | 'keyboards' | 'otp' | 'passwords'>
}

export type NewStaff = {
  readonly loginName: string
  readonly displayName: string
  readonly role: StaffSession['role']
  readonly phone: string
  readonly password: SecretBytes
}

export type Operators = {
  readonly routes: BoundRoute[]
  readonly resolve: (token: string, clientKeyId: string) => Promise<StaffSession>
  /** Adds a member of staff unless the login name exists; for the first start and for administrators. */
  add(staff: NewStaff): Promise<void>
}

type StaffRow = {
  staff_id: string
  display_name: string
  role: StaffSession['role']
  phone_sealed: Uint8Array
}
type SessionRow = {
  session_id: string
  staff_id: string
  role: StaffSession['role']
  client_key_id: string
  last_seen_at_ms: bigint
  expires_at_ms: bigint
}

const tokenBytes = 32

/** Staff and their sessions: password and code, short sessions bound to one installation, every step recorded. */
export function createOperators(needs: OperatorsNeeds): Operators {
  const { db, clock, keys, factors } = needs
  const lookup = (token: string): string => keys.lookup('staff-session', token)
  return {
    async add(staff) {
      const staffId = uuidv7(clock.nowMs())
      const sealedHash = await factors.passwords.hash(staff.password)
      const phone = await keys.sealFor(staffId, 'staff.phone', utf8ToBytes(staff.phone))
      await db.transaction(async (tx) => {
        const added = await tx.execute(sql`
          insert into staff (staff_id, login_name, display_name, role, phone_sealed, state, created_at_ms)
          values (${staffId}, ${staff.loginName}, ${staff.displayName}, ${staff.role}, ${phone}, 'active', ${clock.nowMs()})
          on conflict (login_name) do nothing`)
        if (added === 0) return
        await factors.passwords.storeIn(tx, staffId, 'staff', sealedHash)
        await needs.audit.recordIn(
          tx,
          event({ name: 'staff.added', staffId, description: `Added as ${staff.role}` }, null),
        )
      })
    },
    async resolve(token, clientKeyId) {
      const row = await db.maybe<SessionRow>(sql`
        select s.session_id, s.staff_id, s.client_key_id, s.last_seen_at_ms, s.expires_at_ms, t.role
        from staff_session s join staff t using (staff_id)
        where s.token_lookup = ${lookup(token)} and s.state = 'active' and t.state = 'active'`)
      const nowMs = clock.nowMs()
      const live =
        row !== undefined &&
        row.client_key_id === clientKeyId &&
        Number(row.expires_at_ms) > nowMs &&
        nowMs - Number(row.last_seen_at_ms) < policy.session.idleMs
      if (row === undefined || !live) throw new Refusal('session.required')
      await db.execute(
        sql`update staff_session set last_seen_at_ms = ${nowMs} where session_id = ${row.session_id}`,
      )
      return { staffId: row.staff_id, role: row.role }
    },
    routes: staffRoutes(needs, lookup),
  }
}

function staffRoutes(needs: OperatorsNeeds, lookup: (token: string) => string): BoundRoute[] {
  const { db, clock, audit } = needs
  const find: FindStaff = (column, value) =>
    db.maybe<StaffRow>(sql`
      select staff_id, display_name, role, phone_sealed from staff
      where ${sql.identifier(column)}::text = ${value} and state = 'active'`)
  return [
    ...loginRoutes(needs, lookup, find),
    bind(staffCurrent, async (_input, context) => {
      if (context.staff === null) throw new Refusal('session.required')
      const row = await find('staff_id', context.staff.staffId)
      if (row === undefined) throw new Refusal('session.required')
      return view(row, clock.nowMs() + policy.session.idleMs)
    }),
    bind(staffLogout, async (_input, context) => {
      if (context.staff === null) throw new Refusal('session.required')
      await db.execute(
        sql`update staff_session set state = 'ended' where staff_id = ${context.staff.staffId} and client_key_id = ${context.clientKeyId}`,
      )
      context.setSession(null)
      await audit.record(
        event(
          { name: 'staff.logged-out', staffId: context.staff.staffId, description: 'Logged out' },
          context,
        ),
      )
      return {}
    }),
  ]
}

type FindStaff = (column: 'login_name' | 'staff_id', value: string) => Promise<StaffRow | undefined>

function loginRoutes(
  needs: OperatorsNeeds,
  lookup: (token: string) => string,
  find: FindStaff,
): BoundRoute[] {
  const { clock, store, audit, keys, factors } = needs
  return [
    bind(staffBeginLogin, async ({ loginName, secret }, context) => {
      const row = await find('login_name', loginName)
      const subject = row?.staff_id ?? `staff:${keys.lookup('staff-name', loginName)}`
      await factors.guard.begin(subject, 'staff-password')
      const right = await factors.keyboards.read(
        secret,
        { purpose: 'staff-login', clientKey: context.clientKey },
        (password) => factors.passwords.matches(row?.staff_id, 'staff', password),
      )
      if (row === undefined || !right) {
        await audit.record(refusedEvent(row?.staff_id ?? 'unknown', 'First factor refused', context))
        throw new Refusal('login.refused')
      }
      await factors.guard.passed(subject, 'staff-password')
      const loginId = uuidv7(clock.nowMs())
      await store.set(
        `staff-login:${loginId}`,
        JSON.stringify({ staffId: row.staff_id, clientKeyId: context.clientKeyId }),
        policy.session.loginStepMs,
      )
      const phone = bytesToUtf8(await keys.openFor(row.staff_id, 'staff.phone', row.phone_sealed))
      const ticket = await factors.otp.send({ purpose: 'staff-login', binding: loginId, phone })
      return {
        loginId,
        otpId: ticket.otpId,
        phoneMasked: ticket.phoneMasked,
        expiresAtMs: ticket.expiresAtMs,
      }
    }),
    bind(staffFinishLogin, async ({ loginId, otpId, otp }, context) => {
      const text = await store.get(`staff-login:${loginId}`)
      // Written above.
      const pending =
        text === undefined ? undefined : (JSON.parse(text) as { staffId: string; clientKeyId: string })
      if (pending?.clientKeyId !== context.clientKeyId) throw new Refusal('login.refused')
      await factors.guard.begin(pending.staffId, 'staff-otp')
      try {
        await factors.otp.verify({ otpId, otp, purpose: 'staff-login', binding: loginId })
      } catch (error) {
        if (error instanceof Refusal)
          await audit.record(refusedEvent(pending.staffId, 'Second factor refused', context))
        throw error
      }
      await factors.guard.passed(pending.staffId, 'staff-otp')
      const row = await find('staff_id', pending.staffId)
      if (row === undefined || (await store.take(`staff-login:${loginId}`)) === undefined)
        throw new Refusal('login.refused')
      return openStaffSession(needs, lookup, row, context)
    }),
  ]
}

const view = (row: StaffRow, expiresAtMs: number): OutputOf<typeof staffCurrent> => ({
  staffId: row.staff_id,
  displayName: row.display_name,
  role: row.role,
  expiresAtMs,
})

async function openStaffSession(
  needs: OperatorsNeeds,
  lookup: (token: string) => string,
  row: StaffRow,
  context: RequestContext,
): Promise<OutputOf<typeof staffCurrent>> {
  const { db, clock, audit } = needs
  const nowMs = clock.nowMs()
  const expiresAtMs = nowMs + policy.session.absoluteMs
  const token = bytesToBase64Url(randomBytes(tokenBytes))
  await db.transaction(async (tx) => {
    await tx.execute(
      sql`update staff_session set state = 'ended' where staff_id = ${row.staff_id} and state = 'active'`,
    )
    await tx.execute(sql`
      insert into staff_session (session_id, token_lookup, staff_id, client_key_id, state, created_at_ms, last_seen_at_ms, expires_at_ms)
      values (${uuidv7(nowMs)}, ${lookup(token)}, ${row.staff_id}, ${context.clientKeyId}, 'active', ${nowMs}, ${nowMs}, ${expiresAtMs})`)
    await audit.recordIn(
      tx,
      event(
        { name: 'staff.logged-in', staffId: row.staff_id, description: 'Logged in with two factors' },
        context,
      ),
    )
  })
  context.setSession({ token, maxAgeMs: policy.session.absoluteMs })
  return view(row, expiresAtMs)
}

/** Every act of somebody with administrative rights is recorded (A-5.11-9). */
const event = (
  what: { name: string; staffId: string; description: string; outcome?: 'success' | 'failure' },
  context: RequestContext | null,
) => ({
  event: what.name,
  eventClass: 'staff' as const,
  outcome: what.outcome ?? ('success' as const),
  subject: what.staffId,
  description: what.description,
  origin: context?.origin ?? 'channel',
  resource: `staff:${what.staffId}`,
  correlationId: context?.correlationId ?? what.staffId,
})

const refusedEvent = (staffId: string, description: string, context: RequestContext) =>
  event({ name: 'staff.login-refused', staffId, description, outcome: 'failure' }, context)

/** Names of members of staff, those who left too; ids of nobody are left out. */
export async function staffNames(db: Db, staffIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query<{ staff_id: string; display_name: string }>(
    sql`select staff_id, display_name from staff where staff_id::text = any(${staffIds}::text[])`,
  )
  return new Map(rows.map((row) => [row.staff_id, row.display_name]))
}
