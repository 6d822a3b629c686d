import type { Canonical, RefusalCode } from '@anqu/contract'
import type { Transaction } from '@anqu/platform'
import type { z } from 'zod'

/** What an operation remembers of its preparation: canonical, pseudonymous, stored and signed. */
export type Facts = { readonly [key: string]: Canonical }

export type Owner = { readonly accountId: string; readonly deviceId: string }

/** One line the customer is shown before confirming. */
export type SummaryLine = { readonly zh: string; readonly en: string; readonly value: string }

export type Prepared = {
  readonly facts: Facts
  readonly payee: string
  /** The account the money goes to, part of what is signed (B-7.3.2.1-4). */
  readonly payeeAccount: string
  /** Masked account the money comes from. */
  readonly payerAccount: string
  readonly amountFen: bigint
  readonly lines: readonly SummaryLine[]
}

/** What a step is given. `idempotencyKey` is the same at every attempt of this step of this operation. */
export type StepOrder = {
  readonly operationId: string
  readonly accountId: string
  readonly amountFen: bigint
  readonly facts: Facts
  /** Results of the steps before this one, by name. */
  readonly results: Facts
  readonly idempotencyKey: string
}

export type StepOutcome =
  | { readonly kind: 'done'; readonly result: Canonical }
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | { readonly kind: 'unknown'; readonly why: string }
  /** The party's answer is authentic and contradicts the order. Asking again settles nothing; a person has to look. */
  | { readonly kind: 'disputed'; readonly why: string }

/**
 * A step at an outside party. The intent is durable before `run` is called. After an unknown outcome `query` is asked;
 * `not-found` there means the party has never seen the key, so `run` may be repeated with it.
 */
export type OutsideStep = {
  readonly kind: 'outside'
  readonly name: string
  readonly run: (order: StepOrder) => Promise<StepOutcome>
  readonly query: (order: StepOrder) => Promise<StepOutcome | { readonly kind: 'not-found' }>
  /** Makes sure that this step's key has no effect, now or later: undoes it, or bars it when it never arrived. */
  readonly compensate: (order: StepOrder) => Promise<StepOutcome>
}

/** A step in our own database. All of them run in the one transaction that finishes the operation. */
export type LocalStep = {
  readonly kind: 'local'
  readonly name: string
  readonly run: (tx: Transaction, order: StepOrder) => Promise<StepOutcome>
}

export type OperationDefinition<Input extends z.ZodType = z.ZodType> = {
  readonly type: string
  readonly class: 'fund' | 'information' | 'query'
  readonly grade: 'basic' | 'enhanced'
  readonly title: { readonly zh: string; readonly en: string }
  readonly riskNotice: { readonly zh: string; readonly en: string }
  readonly limitCategory: 'premium'
  readonly input: Input
  /** Permission, facts and amount. Throws a Refusal. Must not change anything. */
  readonly prepare: (input: z.infer<Input>, owner: Owner) => Promise<Prepared>
  readonly outside: readonly OutsideStep[]
  readonly local: readonly LocalStep[]
  /** What the customer is told when it is done. */
  readonly notice: (order: StepOrder) => {
    title: { zh: string; en: string }
    text: { zh: string; en: string }
  }
  /** Fields of the payment record of A-5.11-17 and of the receipt that the pipeline does not know itself. */
  readonly receipt: (order: StepOrder) => Facts
  readonly clauses: readonly string[]
}

/** Declares an operation; the pipeline does all the rest. */
export const defineOperation = <Input extends z.ZodType>(
  definition: OperationDefinition<Input>,
): OperationDefinition =>
  // The pipeline parses the input with this very schema before it calls `prepare`.
  definition as OperationDefinition
