import { bytesToHex, equalBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { sql, uuidv7, type Queryable, type Sql } from '@anqu/platform'
import type { z } from 'zod'
import {
  proposalAction,
  type decideRequest,
  type proposal,
  type proposalsAnswer,
  type proposalsRequest,
  type proposeRequest,
} from '../api/officers.ts'
import type { ProfileStore } from '../profiles/profile-store.ts'
import { problemWith } from '../profiles/profiles.ts'
import { recordEvent } from '../record-event.ts'
import { Refused } from '../refused.ts'
import { changeState, type StateNeeds } from '../status/change-state.ts'

type Row = {
  proposal_id: string
  kind: string
  payload: string
  digest: Uint8Array
  proposed_by: string
  proposed_at_ms: bigint
  expires_at_ms: bigint
  state: 'open' | 'approved' | 'rejected'
  decided_by: string | null
  decided_at_ms: bigint | null
}
type Proposal = z.infer<typeof proposal>
type Action = z.infer<typeof proposalAction>
export type OfficerNeeds = StateNeeds & { readonly profiles: ProfileStore }

/** A proposal nobody decided is void after this: the second look is to be a fresh one. */
export const proposalLifeMs = 24 * 3_600_000

const columns = sql`proposal_id, kind, payload, digest, proposed_by, proposed_at_ms, expires_at_ms, state, decided_by, decided_at_ms`

function toProposal(row: Row, nowMs: number): Proposal {
  const expired = row.state === 'open' && Number(row.expires_at_ms) <= nowMs
  return {
    proposalId: row.proposal_id,
    action: readAction(row),
    digest: bytesToHex(row.digest),
    proposedBy: row.proposed_by,
    proposedAtMs: Number(row.proposed_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    state: expired ? 'expired' : row.state,
    decidedBy: row.decided_by,
    decidedAtMs: row.decided_at_ms === null ? null : Number(row.decided_at_ms),
  }
}

const readAction = ({ payload }: Row): Action => proposalAction.parse(JSON.parse(payload))

/** One officer's wish. Nothing changes until another one approves it. */
export async function propose(
  { db, clock }: OfficerNeeds,
  { action, officer, correlationId }: z.infer<typeof proposeRequest>,
  caller: string,
): Promise<Proposal> {
  await assertSensible(db, action, caller)
  const nowMs = clock.nowMs()
  const payload = JSON.stringify(action)
  const proposalId = uuidv7(nowMs)
  return db.transaction(async (tx) => {
    const row = await tx.one<Row>(sql`
      insert into proposal (proposal_id, caller, kind, payload, digest, proposed_by, proposed_at_ms, expires_at_ms, state, correlation_id)
      values (${proposalId}, ${caller}, ${action.kind}, ${payload}, ${sm3(utf8ToBytes(payload))}, ${officer}, ${nowMs},
        ${nowMs + proposalLifeMs}, 'open', ${correlationId})
      returning ${columns}`)
    await recordEvent(tx, clock, {
      event: 'proposed',
      caller,
      ...('serial' in action ? { serial: action.serial } : {}),
      outcome: 'success',
      actor: officer,
      detail: `${action.kind} ${proposalId} ${bytesToHex(row.digest)}`,
      correlationId,
    })
    return toProposal(row, nowMs)
  })
}

async function assertSensible(db: Queryable, action: Action, caller: string): Promise<void> {
  if (action.kind === 'change-profile') {
    const problem = problemWith(action.name, action.parameters)
    if (problem !== undefined) throw new Refused('outside-limits', `${action.name}: ${problem}`)
    return
  }
  const row = await db.maybe<{ state: string }>(
    sql`select state from certificate where serial = ${action.serial} and caller = ${caller}`,
  )
  if (row === undefined) throw new Refused('not-found', 'no certificate of this caller')
  const possible = action.kind === 'revoke' ? row.state !== 'revoked' : row.state === 'suspended'
  if (!possible) throw new Refused('not-allowed', `${row.state}: nothing to ${action.kind}`)
}

/** The second officer decides; what is approved is carried out in the same transaction, or the approval is not. */
export async function decide(
  needs: OfficerNeeds,
  input: z.infer<typeof decideRequest>,
  caller: string,
): Promise<Proposal> {
  const { db, clock, profiles } = needs
  const nowMs = clock.nowMs()
  const state = input.decision === 'approve' ? 'approved' : 'rejected'
  const row = await db.transaction(async (tx) => {
    const before = await tx.maybe<Row>(sql`
      select ${columns} from proposal where proposal_id = ${input.proposalId} and caller = ${caller} for update`)
    assertDecidable(before, input, nowMs)
    const row = await tx.one<Row>(sql`
      update proposal set state = ${state}, decided_by = ${input.officer}, decided_at_ms = ${nowMs}
      where proposal_id = ${input.proposalId} returning ${columns}`)
    const action = readAction(row)
    await recordEvent(tx, clock, {
      event: state,
      caller,
      ...('serial' in action ? { serial: action.serial } : {}),
      outcome: 'success',
      actor: input.officer,
      detail: `${row.kind} ${row.proposal_id} ${bytesToHex(row.digest)}`,
      correlationId: input.correlationId,
    })
    if (state === 'approved') await carryOut(tx, needs, { action, row, input, caller })
    return row
  })
  await profiles.reload()
  const action = readAction(row)
  if ('serial' in action) needs.stateChanged(action.serial)
  return toProposal(row, nowMs)
}

function assertDecidable(
  row: Row | undefined,
  { officer, digest, decision }: z.infer<typeof decideRequest>,
  nowMs: number,
): asserts row is Row {
  if (row === undefined) throw new Refused('not-found', 'no such proposal')
  if (row.state !== 'open' || Number(row.expires_at_ms) <= nowMs)
    throw new Refused('proposal-closed', 'decided or out of time')
  // Who proposed may take it back, but never approve it.
  if (decision === 'approve' && row.proposed_by === officer)
    throw new Refused('proposal-own', 'the proposer approves nothing')
  if (!equalBytes(row.digest, hexToBytes(digest)))
    throw new Refused('proposal-changed', 'another action than the one shown')
}

type Approved = { action: Action; row: Row; input: z.infer<typeof decideRequest>; caller: string }

async function carryOut(
  tx: Queryable,
  { clock, profiles }: OfficerNeeds,
  { action, row, input, caller }: Approved,
): Promise<void> {
  if (action.kind === 'change-profile') {
    // The program's limits may have grown stricter since it was proposed.
    const problem = problemWith(action.name, action.parameters)
    if (problem !== undefined) throw new Refused('outside-limits', `${action.name}: ${problem}`)
    await profiles.addVersion(tx, { ...action, proposalId: row.proposal_id })
    return
  }
  const common = {
    serial: action.serial,
    caller,
    by: 'operator' as const,
    reason: action.reason,
    correlationId: input.correlationId,
    actor: `${row.proposed_by} + ${input.officer}`,
  }
  const change =
    action.kind === 'revoke'
      ? await changeState(tx, clock, { ...common, to: 'revoked', crlReason: action.crlReason })
      : await changeState(tx, clock, { ...common, to: 'good' })
  if (change === 'unchanged') throw new Refused('not-allowed', `nothing to ${action.kind} any more`)
}

function conditions(
  { state, proposalId, serial, cursor }: z.infer<typeof proposalsRequest>,
  nowMs: number,
): Sql[] {
  const list: Sql[] = []
  if (state === 'open') list.push(sql`state = 'open' and expires_at_ms > ${nowMs}`)
  else if (state === 'expired') list.push(sql`state = 'open' and expires_at_ms <= ${nowMs}`)
  else if (state !== undefined) list.push(sql`state = ${state}`)
  if (proposalId !== undefined) list.push(sql`proposal_id = ${proposalId}`)
  if (serial !== undefined) list.push(sql`payload::jsonb ->> 'serial' = ${serial}`)
  if (cursor !== undefined)
    list.push(sql`(proposed_at_ms, proposal_id) <
      (select last.proposed_at_ms, last.proposal_id from proposal last where last.proposal_id = ${cursor})`)
  return list
}

/** Newest first, a page at a time. */
export async function listProposals(
  { db, clock }: OfficerNeeds,
  request: z.infer<typeof proposalsRequest>,
  caller: string,
): Promise<z.infer<typeof proposalsAnswer>> {
  const nowMs = clock.nowMs()
  const where = [sql`caller = ${caller}`, ...conditions(request, nowMs)]
  const rows = await db.query<Row>(sql`
    select ${columns} from proposal where ${sql.join(where, ' and ')}
    order by proposed_at_ms desc, proposal_id desc limit ${request.limit + 1}`)
  const page = rows.slice(0, request.limit)
  return {
    proposals: page.map((row) => toProposal(row, nowMs)),
    nextCursor: rows.length > request.limit ? (page.at(-1)?.proposal_id ?? null) : null,
  }
}
