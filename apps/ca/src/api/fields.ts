import { z } from 'zod'

export const id = z.uuid()
export const bytes = (max: number) => z.base64().max(Math.ceil(max / 3) * 4)
/** A dotted object identifier. */
export const algorithm = z
  .string()
  .max(64)
  .regex(/^[0-2](?:\.(?:0|[1-9][0-9]{0,9})){1,15}$/)
export const serial = z.string().regex(/^[0-9a-f]{16,40}$/)
export const chain = z.array(bytes(8192)).min(1).max(4)
export const correlation = z.string().min(1).max(80)
export const subjectName = z.string().min(1).max(80)
/** A member of staff, as the caller names it. */
export const officer = z.string().min(1).max(80)
export const cursor = z.string().min(1).max(120)
