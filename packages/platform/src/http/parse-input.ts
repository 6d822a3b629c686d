import { z } from 'zod'
import { TransportError } from './transport-error.ts'

/**
 * Checks a body, query or parameter against its schema.
 * @throws {TransportError} `invalid`; where and what was expected is in `detail`, never the value
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = result.error.issues.slice(0, 10)
  throw new TransportError(
    'invalid',
    issues.map((i) => `${i.path.join('.') || '(body)'}: ${i.message}`).join('; '),
  )
}
