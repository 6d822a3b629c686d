import {
  operationsGet,
  staffDecideSettlement,
  staffOperationStory,
  staffProposeSettlement,
  type InputOf,
} from '@anqu/contract'
import { sql } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import type { Challenged, Customer, Operation } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { debits, policiesOf } from './operation-books.ts'

const reason = 'conformance: statement of the bank'

type Held = { readonly customer: Customer; readonly challenged: Challenged; readonly operationId: string }
type Proposal = Pick<InputOf<typeof staffProposeSettlement>, 'kind' | 'bankReference'>

/** The bank takes the money and names another amount whenever it is asked: nobody but staff can end this. */
async function held(system: LiveSystem, evidence: Evidence): Promise<Held> {
  const customer = await system.fixtures.freshReady()
  const challenged = await customer.challenged()
  await system.bankFault({ fault: 'wrong-amount', times: 'always', on: ['debit', 'query', 'cancel'] })
  const { state, operationId } = await customer.confirm(challenged)
  evidence.holds('银行答复与订单不符，业务挂起', state === 'held', { state })
  return { customer, challenged, operationId }
}

async function propose(system: LiveSystem, operationId: string, given: Proposal): Promise<string> {
  const operator = await system.fixtures.operator()
  const { settlements } = await operator.call(staffProposeSettlement, { operationId, reason, ...given })
  return settlements.find(({ state }) => state === 'open')?.settlementId ?? ''
}

const approve = async (system: LiveSystem, settlementId: string) =>
  (await system.fixtures.administrator()).call(staffDecideSettlement, { settlementId, decision: 'approve' })

/** What the three books hold: the ledger's sum and length, policies, and what the bank has booked for good. */
async function books(system: LiveSystem, { operationId, challenged }: Held) {
  const { postings } = await (
    await system.fixtures.operator()
  ).call(staffOperationStory, {
    operationId,
  })
  const sum = postings.reduce((total, { amountFen }) => total + BigInt(amountFen), 0n)
  const booked = (await debits(system, operationId)).filter(({ outcome }) => outcome === 'done')
  const issued = await policiesOf(system, challenged.proposal.proposalId)
  return {
    postings: postings.length,
    balanced: sum === 0n,
    policies: issued.length,
    debits: booked.length,
  }
}

const now = async ({ customer, operationId }: Held): Promise<Operation> =>
  (await customer.app.call(operationsGet, { operationId })).operation

async function nobodyAlone(system: LiveSystem, evidence: Evidence, one: Held, id: string): Promise<void> {
  const decide = { settlementId: id, decision: 'approve' } as const
  const operator = await system.fixtures.operator()
  await evidence.refused('提交人不能批准自己的申请', () => operator.call(staffDecideSettlement, decide), [
    'approval.own',
  ])
  const auditor = await system.fixtures.auditor()
  await evidence.refused('审计员不能批准', () => auditor.call(staffDecideSettlement, decide), [
    'staff.forbidden',
  ])
  const before = await books(system, one)
  const { state } = await now(one)
  evidence.holds(
    '批准之前，业务仍挂起，未入账，未出保单',
    state === 'held' && before.postings === 0 && before.policies === 0,
    { state, ...before },
  )
}

async function calledPaid(system: LiveSystem, evidence: Evidence): Promise<void> {
  const one = await held(system, evidence)
  const bankReference = `BK-CONFORMANCE-${one.operationId.slice(-8)}`
  const id = await propose(system, one.operationId, { kind: 'paid', bankReference })
  await nobodyAlone(system, evidence, one, id)
  await approve(system, id)
  const [operation, after] = [await now(one), await books(system, one)]
  evidence.holds(
    '两人认定已付：以银行流水号完成，扣款、入账、保单各一，借贷平衡',
    operation.state === 'done' &&
      after.debits === 1 &&
      after.policies === 1 &&
      after.postings === 2 &&
      after.balanced,
    { state: operation.state, ...after },
  )
  const receipt = Buffer.from(operation.receipt?.receipt ?? '', 'base64').toString('utf8')
  evidence.holds('回单载明该流水号', receipt.includes(bankReference))
}

/** The process is killed while the bank is being told; the next one goes on from what was approved. */
async function released(system: LiveSystem, evidence: Evidence): Promise<void> {
  const one = await held(system, evidence)
  const id = await propose(system, one.operationId, { kind: 'released', bankReference: null })
  await system.bankFault({ fault: 'slow', times: 1, delayMs: 1_500, on: ['cancel'] })
  const approving = approve(system, id).catch(() => undefined)
  await system.pause(600)
  await system.kill('channel')
  await approving
  await system.restart('channel')
  await system.bankFault(undefined)
  evidence.note('批准之后、撤销扣款进行中，强制结束服务器进程')
  await one.customer.login()
  const untilMs = system.clock.nowMs() + 60_000
  let operation = await now(one)
  while (['held', 'executing', 'unknown'].includes(operation.state) && system.clock.nowMs() < untilMs) {
    await system.pause(500)
    operation = await now(one)
  }
  const after = await books(system, one)
  evidence.holds(
    '进程重启后按已批准的处置撤销：扣款退回，未入账，未出保单',
    ['reversed', 'refused'].includes(operation.state) &&
      operation.reason === 'payment.released' &&
      after.debits === 0 &&
      after.policies === 0 &&
      after.postings === 0,
    { state: operation.state, ...after },
  )
  const limits = await system.database.rows<{ operation_id: string }>(
    'anqu_channel',
    sql`select operation_id from limit_reservation where operation_id = ${one.operationId} and state <> 'released'`,
  )
  evidence.holds('占用的限额已释放', limits.length === 0)
}

export const operationSettlementControls: readonly Control[] = [
  control({
    id: 'operation.settled-by-staff',
    title: {
      zh: '银行答复始终与订单不符时，由两名工作人员处置：认定已付或撤销释放，账务一致，全程留痕',
      en: 'What the bank keeps contradicting is settled by two members of staff, as paid or released; books agree',
    },
    clauses: ['D-5.3.4'],
    shared: {
      'D-5.3.4': 'A fault that asking again does not end: staff end it, and the books agree after it',
    },
    async check(system, evidence) {
      try {
        await calledPaid(system, evidence)
        await released(system, evidence)
      } finally {
        await system.bankFault(undefined)
      }
      const auditor = await system.fixtures.auditor()
      const proposed = await auditor.records({ event: 'staff.settlement-proposed' })
      const approved = await auditor.records({ event: 'staff.settlement-approved' })
      evidence.holds('申请与批准各有审计记录，附理由', proposed.length >= 2 && approved.length >= 2, {
        proposed: proposed.length,
        approved: approved.length,
      })
    },
  }),
]
