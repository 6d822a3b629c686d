/** A statement that did not do what its caller said it would (row counts), or a transaction that did not commit. */
export class DatabaseError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DatabaseError'
  }
}

/** The SQLSTATE of an error of the driver, or undefined. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** True for 40001 and 40P01: the whole transaction was rolled back and may simply be run again. */
export function isRetryable(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01'
}

/** True when a row of that key is there already; with a constraint's name, of that key only. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return (
    sqlState(error) === '23505' &&
    (constraint === undefined ||
      (error instanceof Error && 'constraint' in error && error.constraint === constraint))
  )
}
