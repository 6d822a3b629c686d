import { pino } from 'pino'

export type LogFields = Readonly<Record<string, unknown>>

/** What a module may do with the log: a sentence and fields, never a body, a secret or a person's data. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): Log
}

export interface LogOptions {
  readonly name: string
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Where lines go; standard error by default, as standard output carries the ready line. */
  readonly write?: (line: string) => void
}

// A last net under the rule that nobody logs such a value, on any depth down to four.
const secretName =
  /pass(word|code|phrase)|secret|^pin$|otp|token|authoriz|cookie|captcha|private|credential|^key$|cvv|idnumber|cardno|cardnumber|phone|realname|session/i
const maximumDepth = 4
const withheld = '[withheld]'

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error)
    return {
      type: value.name,
      message: value.message,
      stack: value.stack,
      ...('code' in value ? { code: value.code } : {}),
      ...('detail' in value && value.name === 'Refusal' ? { detail: value.detail } : {}),
      ...(value.cause === undefined || depth >= maximumDepth
        ? {}
        : { cause: redact(value.cause, depth + 1) }),
    }
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth >= maximumDepth) return '[deep]'
  if (Array.isArray(value)) return value.slice(0, 50).map((item) => redact(item, depth + 1))
  // A type that prints itself as a secret must keep doing so.
  if ('toJSON' in value && typeof value.toJSON === 'function') return String(value.toJSON())
  return redactFields(value, depth)
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields))
    clean[name] = secretName.test(name) ? withheld : redact(value, depth + 1)
  return clean
}

/** A JSON-lines log. Values under names that sound secret are withheld; bytes print as their length. */
export function createLog({ name, level = 'info', write }: LogOptions): Log {
  const destination = write === undefined ? pino.destination({ dest: 2, sync: true }) : { write }
  return pino(
    {
      name,
      level,
      base: { name },
      serializers: {},
      formatters: { log: (fields) => redactFields(fields, 0), bindings: (fields) => redactFields(fields, 0) },
    },
    destination,
  )
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
}
