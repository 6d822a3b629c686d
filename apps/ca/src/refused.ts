import type { z } from 'zod'
import type { refusedAnswer } from './api/schemas.ts'

export type RefusalCode = z.infer<typeof refusedAnswer>['refused']

/** Something this CA does not do for this caller. The code goes out, signed; the reason stays in the log. */
export class Refused extends Error {
  readonly code: RefusalCode
  constructor(code: RefusalCode, why: string) {
    super(why)
    this.name = 'Refused'
    this.code = code
  }
}
