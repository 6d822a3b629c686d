import { z } from 'zod'
import { id } from '@anqu/contract'
import type { Transaction } from '@anqu/platform'
import {
  defineOperation,
  type Prepared,
  type OperationDefinition,
  type StepOrder,
  type StepOutcome,
} from '../operations/index.ts'
import type { BankCore } from './bank-core/bank-core.ts'
import type { PaymentAccount } from './payment-account.ts'

/** What a premium payment needs of insurance and ledger; handed in by compose.ts. */
export type PayPremiumNeeds = {
  readonly bank: BankCore
  readonly accountOf: (accountId: string) => Promise<PaymentAccount>
  readonly findOpenProposal: (
    proposalId: string,
    accountId: string,
  ) => Promise<{
    proposalId: string
    premiumFen: bigint
    startDate: string
    endDate: string
    product: {
      productId: string
      name: { zh: string; en: string }
      insurer: { zh: string; en: string }
      collectionAccount: string
      merchantNumber: string
    }
  }>
  readonly issuePolicyIn: (
    tx: Transaction,
    claim: { proposalId: string; accountId: string },
  ) => Promise<{ policyId: string; policyNumber: string } | undefined>
  readonly postIn: (
    tx: Transaction,
    order: {
      idempotencyKey: string
      correlationId: string
      memo: string
      legs: readonly { account: string; amountFen: bigint }[]
    },
  ) => Promise<boolean>
}

const text = (order: StepOrder, key: string): string => String(order.facts[key] ?? '')
const yuan = (fen: bigint): string => `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`

/** Paying the premium of a proposal: the bank first, then ledger and policy in one transaction (C-3.5, D-5.3.4). */
export function payPremium(needs: PayPremiumNeeds): OperationDefinition {
  const { bank } = needs
  const debit = async (order: StepOrder) => ({
    idempotencyKey: order.idempotencyKey,
    accountToken: (await needs.accountOf(order.accountId)).token,
    amountFen: order.amountFen,
    payeeAccount: text(order, 'collectionAccount'),
    purpose: `premium ${text(order, 'merchantOrderNumber')}`,
  })
  return defineOperation({
    type: 'pay-premium',
    class: 'fund',
    grade: 'enhanced',
    title: { zh: '支付保费', en: 'Pay the premium' },
    riskNotice: {
      zh: '请核对收款方与金额。安渠工作人员不会向您索要密码或验证码；请勿在他人指导下操作，谨防共享屏幕。',
      en: 'Check payee and amount. Our staff never ask for passwords or codes; do not act on a stranger’s instructions or while sharing your screen.',
    },
    limitCategory: 'premium',
    input: z.strictObject({ proposalId: id }),
    prepare: ({ proposalId }, { accountId }) => prepare(needs, proposalId, accountId),
    outside: [
      {
        kind: 'outside',
        name: 'bank-debit',
        run: async (order) => bank.debit(await debit(order)),
        query: (order) => bank.query(order),
        compensate: async (order) => bank.cancel(await debit(order)),
      },
    ],
    local: [
      { kind: 'local', name: 'issue-policy', run: (tx, order) => issue(needs, tx, order) },
      { kind: 'local', name: 'post-premium', run: (tx, order) => post(needs, tx, order) },
    ],
    receipt: (order) => ({
      merchantOrderNumber: text(order, 'merchantOrderNumber'),
      merchantNumber: text(order, 'merchantNumber'),
      payer: text(order, 'payer'),
      payeeAccount: text(order, 'collectionAccount'),
      bankReference: order.results['bank-debit'] ?? '',
      policy: order.results['issue-policy'] ?? '',
      startDate: text(order, 'startDate'),
      endDate: text(order, 'endDate'),
    }),
    notice: () => ({
      title: { zh: '保费支付成功', en: 'Premium paid' },
      text: {
        zh: '您的保费已支付，电子保单已生效，可在“我的保单”中查看。',
        en: 'Your premium has been paid and your policy is issued; see “My policies”.',
      },
    }),
    clauses: ['C-3.5', 'D-5.3.4', 'C-6.3.2-a-s1', 'B-7.3.2.1-4', 'D-5.6.2-d.1'],
  })
}

async function prepare(needs: PayPremiumNeeds, proposalId: string, accountId: string): Promise<Prepared> {
  const proposal = await needs.findOpenProposal(proposalId, accountId)
  const { product, premiumFen } = proposal
  const account = await needs.accountOf(accountId)
  return {
    facts: {
      proposalId,
      productId: product.productId,
      merchantOrderNumber: proposalId,
      merchantNumber: product.merchantNumber,
      collectionAccount: product.collectionAccount,
      payer: account.masked,
      startDate: proposal.startDate,
      endDate: proposal.endDate,
    },
    payee: product.insurer.zh,
    payeeAccount: product.collectionAccount,
    payerAccount: account.masked,
    amountFen: premiumFen,
    lines: [
      { zh: '产品', en: 'Product', value: product.name.zh },
      { zh: '收款方', en: 'Payee', value: product.insurer.zh },
      { zh: '收款账户', en: 'Payee account', value: product.collectionAccount },
      { zh: '付款账户', en: 'Paid from', value: account.masked },
      { zh: '金额（元）', en: 'Amount (CNY)', value: yuan(premiumFen) },
      { zh: '保险期间', en: 'Period', value: `${proposal.startDate} ~ ${proposal.endDate}` },
    ],
  }
}

async function issue(needs: PayPremiumNeeds, tx: Transaction, order: StepOrder): Promise<StepOutcome> {
  const issued = await needs.issuePolicyIn(tx, {
    proposalId: text(order, 'proposalId'),
    accountId: order.accountId,
  })
  // The proposal was paid by another operation meanwhile: this one's money goes back.
  if (issued === undefined) return { kind: 'refused', code: 'insurance.product-unavailable' }
  return { kind: 'done', result: { ...issued } }
}

async function post(needs: PayPremiumNeeds, tx: Transaction, order: StepOrder): Promise<StepOutcome> {
  await needs.postIn(tx, {
    idempotencyKey: order.idempotencyKey,
    correlationId: order.operationId,
    memo: 'premium received',
    legs: [
      { account: 'bank:collection', amountFen: order.amountFen },
      { account: `premium:${text(order, 'productId')}`, amountFen: -order.amountFen },
    ],
  })
  return { kind: 'done', result: null }
}
