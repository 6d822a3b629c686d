import type { z } from 'zod'

/**
 * One route of the platform. All routes are `POST`, carry a sealed message (docs/reference/message-protocol.md) and are
 * known to server, SDK, tests and the OpenAPI page by this declaration alone.
 */
export type Route<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> = {
  readonly name: string
  readonly path: string
  /** Who calls it: the customer's app on the public side, staff on the admin side, which is another listener. */
  readonly audience: 'customer' | 'staff'
  /** `required`: a live session of the audience. `fund`: a live session under the shorter idle limit for money. */
  readonly session: 'none' | 'optional' | 'required' | 'fund'
  readonly zh: string
  readonly en: string
  readonly input: Input
  readonly output: Output
  /**
   * Its input is transaction data: encrypted to the server's encryption certificate before it is sealed (B-5.4.1-9). Names the
   * field of the input that is the correlation id of the exchange.
   */
  readonly encryptedUnder?: string
  readonly clauses: readonly string[]
}

export const route = <Input extends z.ZodType, Output extends z.ZodType>(
  declaration: Route<Input, Output>,
): Route<Input, Output> => Object.freeze(declaration)

export type InputOf<R> = R extends Route<infer Input, z.ZodType> ? z.infer<Input> : never
export type OutputOf<R> = R extends Route<z.ZodType, infer Output> ? z.infer<Output> : never
