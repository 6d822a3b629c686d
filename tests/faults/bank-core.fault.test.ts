import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { staffOperationStory, staffRequeryOperation } from '@anqu/contract'
import { startLiveSystem, type LiveSystem } from '@anqu/conformance/system'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { disagreements } from './books.ts'
import { finalState } from './payment-load.ts'

let dataDir: string
let system: LiveSystem
let stop: () => Promise<void>
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-bank-'))
  ;({ system, stop } = await startLiveSystem(dataDir))
})
afterAll(async () => {
  await stop()
  await rm(dataDir, { recursive: true })
})

type Case = { name: string; fault: Parameters<LiveSystem['bankFault']>[0]; first: string[]; last: string }

test.each<Case>([
  {
    name: 'down for one call',
    fault: { fault: 'down', times: 1, on: ['debit'] },
    first: ['unknown'],
    last: 'done',
  },
  {
    name: 'slow',
    fault: { fault: 'slow', times: 1, delayMs: 500, on: ['debit'] },
    first: ['done'],
    last: 'done',
  },
  {
    name: 'timing out after it committed',
    fault: { fault: 'timeout-after-commit', times: 1, delayMs: 200, on: ['debit'] },
    first: ['unknown'],
    last: 'done',
  },
  {
    name: 'answering twice',
    fault: { fault: 'duplicate-answer', times: 1, on: ['debit'] },
    first: ['done'],
    last: 'done',
  },
  {
    name: 'signing wrongly',
    fault: { fault: 'wrong-signature', times: 1, on: ['debit'] },
    first: ['unknown'],
    last: 'done',
  },
  {
    name: 'answering with an old answer',
    fault: { fault: 'stale-answer', times: 1, on: ['debit'] },
    first: ['unknown'],
    last: 'done',
  },
])('a bank core that is $name ends in $last, and the books agree', async ({ fault, first, last }) => {
  const customer = await system.fixtures.ready()
  const challenged = await customer.challenged()
  await system.bankFault(fault)
  try {
    const { state, operationId } = await customer.confirm(challenged)
    expect(first).toContain(state)
    const operation = await finalState(system, customer, operationId, 30_000)
    expect(operation.state).toBe(last)
    expect(operation.receipt).not.toBeNull()
  } finally {
    await system.bankFault(undefined)
  }
  expect(await disagreements(system)).toEqual([])
})

test('a bank core that names another amount posts nothing: the operation is held until staff ask and the answer fits', async () => {
  const customer = await system.fixtures.ready()
  const challenged = await customer.challenged()
  await system.bankFault({ fault: 'wrong-amount', times: 1, on: ['debit'] })
  const { state, operationId } = await customer.confirm(challenged)
  expect(state).toBe('held')
  await system.kill('channel')
  await system.restart('channel')
  const operator = await system.newStaff('operator')
  await operator.login()
  const { postings } = await operator.call(staffOperationStory, { operationId })
  expect(postings).toEqual([])
  await operator.call(staffRequeryOperation, { operationId })
  expect((await operator.call(staffOperationStory, { operationId })).operation.state).toBe('done')
  expect(await disagreements(system)).toEqual([])
})
