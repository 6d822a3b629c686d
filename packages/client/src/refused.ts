import { refusals, type RefusalBody, type RefusalCode } from '@anqu/contract'

/** The server refused: a catalogued code with texts to show. Nothing else about the cause is known or told. */
export class Refused extends Error {
  readonly code: RefusalCode
  readonly zh: string
  readonly en: string
  readonly correlationId: string
  readonly retryAtMs: number | undefined

  constructor({ error }: RefusalBody) {
    super(error.code)
    this.name = 'Refused'
    this.code = error.code
    this.zh = error.zh
    this.en = error.en
    this.correlationId = error.correlationId
    this.retryAtMs = error.retryAtMs
  }
}

/**
 * No answer arrived. Whether the request was carried out is not known: repeat it with the same idempotency key, or ask for
 * the state of what it was about.
 */
export class ConnectionLost extends Error {
  constructor(cause: unknown) {
    super('no answer arrived', { cause })
    this.name = 'ConnectionLost'
  }
}

/** Reads a refusal out of an answer; undefined when it is none. */
export function refusedFrom(value: unknown): Refused | undefined {
  if (typeof value !== 'object' || value === null || !('error' in value)) return undefined
  const { error } = value
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const code = String(error.code)
  const known: RefusalCode = Object.hasOwn(refusals, code) ? (code as RefusalCode) : 'server.error' // checked one word before
  const text = (key: string): string => {
    const found: unknown = (error as Record<string, unknown>)[key] // an object, seen above
    return typeof found === 'string' ? found : ''
  }
  const retryAtMs: unknown = (error as Record<string, unknown>)['retryAtMs']
  return new Refused({
    error: {
      code: known,
      zh: text('zh') || refusals[known].zh,
      en: text('en') || refusals[known].en,
      correlationId: text('correlationId'),
      ...(typeof retryAtMs === 'number' ? { retryAtMs } : {}),
    },
  })
}
