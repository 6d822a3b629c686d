import { z } from 'zod'
import { defineOperation, type LocalStep } from './index.ts'
import type { ScriptedBank } from './scripted-bank.fixture.ts'

/** A payment of one yuan with a debit at the bank, which a test may exchange, and one step of our own. */
export const testPayment = (bank: () => ScriptedBank, issue: LocalStep['run']) =>
  defineOperation({
    type: 'test-payment',
    class: 'fund',
    grade: 'enhanced',
    title: { zh: '测试', en: 'Test' },
    riskNotice: { zh: '风险', en: 'Risk' },
    limitCategory: 'premium',
    input: z.strictObject({ item: z.string() }),
    prepare: async ({ item }) => ({
      facts: { item },
      payee: 'Payee',
      payeeAccount: '1',
      payerAccount: '2',
      amountFen: 100n,
      lines: [],
    }),
    outside: [
      {
        kind: 'outside',
        name: 'debit',
        run: async ({ idempotencyKey }) => bank().debit(idempotencyKey),
        query: async ({ idempotencyKey }) => bank().query(idempotencyKey),
        compensate: async ({ idempotencyKey }) => bank().cancel(idempotencyKey),
      },
    ],
    local: [{ kind: 'local', name: 'issue', run: issue }],
    notice: () => ({ title: { zh: '好', en: 'ok' }, text: { zh: '好', en: 'ok' } }),
    receipt: () => ({ merchantOrderNumber: 'm' }),
    clauses: [],
  })
