import type { StepOutcome } from '../../operations/index.ts'

export type DebitOrder = {
  readonly idempotencyKey: string
  readonly accountToken: string
  readonly amountFen: bigint
  readonly payeeAccount: string
  readonly purpose: string
}

/** The bank core as the channel sees it. Every answer is signed by the bank; one that is not counts as no answer. */
export type BankCore = {
  /** The customer's account by real name, identity number and phone; undefined when the bank knows none. */
  findAccount(
    payer: { name: string; idNumber: string; phone: string },
    reference: string,
  ): Promise<{ token: string; masked: string } | undefined>
  debit(order: DebitOrder): Promise<StepOutcome>
  query(
    order: Pick<DebitOrder, 'idempotencyKey' | 'amountFen'>,
  ): Promise<StepOutcome | { readonly kind: 'not-found' }>
  /** Refunds the debit of this key, or bars the key when it never arrived. */
  cancel(order: DebitOrder): Promise<StepOutcome>
}
