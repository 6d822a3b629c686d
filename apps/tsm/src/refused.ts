import type { z } from 'zod'
import type { refusalCode } from './api/schemas.ts'

/** What the TSM does not do, by name; the reason is for the log. */
export class TsmRefusal extends Error {
  readonly code: z.infer<typeof refusalCode>
  constructor(code: z.infer<typeof refusalCode>, why: string) {
    super(why)
    this.name = 'TsmRefusal'
    this.code = code
  }
}
