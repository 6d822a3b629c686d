import { createHash } from 'node:crypto'

/** What a placeholder may hold. Lists become PostgreSQL arrays: `= any(${ids})`, `unnest(${amounts}::int8[])`. */
export type SqlValue = string | number | bigint | boolean | null | Uint8Array | readonly SqlValue[]

// Statement names are hashes of their text: the same text is prepared once a connection, from wherever it comes.
// Bounded, because a text built from fragments could otherwise fill the server with prepared statements.
const namedTextLimit = 2_000
const names = new Map<string, string>()
const flatTemplates = new WeakMap<TemplateStringsArray, Sql>()

function statementName(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined) return known
  if (names.size >= namedTextLimit) return undefined
  const name = `q_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
  names.set(text, name)
  return name
}

/** A piece of SQL with its values apart; made by the `sql` tag only, so that text never comes from a value. */
export class Sql {
  readonly chunks: readonly string[]
  readonly values: readonly SqlValue[]
  #text: string | undefined
  #name: string | undefined

  constructor(chunks: readonly string[], values: readonly SqlValue[], like?: Sql) {
    this.chunks = chunks
    this.values = values
    this.#text = like?.text
    this.#name = like?.name
  }

  /** The statement with `$1`, `$2` … */
  get text(): string {
    this.#text ??= this.chunks.reduce((text, chunk, index) => `${text}$${index}${chunk}`)
    return this.#text
  }

  /** A stable name for a prepared statement, or undefined when too many texts have names already. */
  get name(): string | undefined {
    this.#name ??= statementName(this.text)
    return this.#name
  }
}

/** A whole file of statements. Several statements in one text cannot be prepared, so it has no name and no values. */
export class SqlScript extends Sql {
  constructor(text: string) {
    super([text], [])
  }

  override get name(): undefined {
    return undefined
  }
}

function compose(strings: readonly string[], parts: readonly (SqlValue | Sql)[]): Sql {
  const chunks = [strings[0] ?? '']
  const values: SqlValue[] = []
  const extend = (text: string): void => {
    chunks[chunks.length - 1] += text
  }
  parts.forEach((part, index) => {
    if (part instanceof Sql) {
      extend(part.chunks[0] ?? '')
      chunks.push(...part.chunks.slice(1))
      values.push(...part.values)
      extend(strings[index + 1] ?? '')
    } else {
      values.push(part)
      chunks.push(strings[index + 1] ?? '')
    }
  })
  return new Sql(chunks, values)
}

function tag(strings: TemplateStringsArray, ...parts: readonly (SqlValue | Sql)[]): Sql {
  if (parts.includes(undefined as never)) throw new TypeError('undefined is no SQL value; say null') // reachable from untyped rows
  if (parts.some((part) => part instanceof Sql)) return compose(strings, parts)
  const values = parts as readonly SqlValue[] // no fragment among them, by the line above
  // A template literal has one identity a call site, so its text and name are worked out once.
  const known = flatTemplates.get(strings)
  if (known !== undefined) return new Sql(strings, values, known)
  const made = new Sql(strings, values)
  flatTemplates.set(strings, new Sql(strings, []))
  return made
}

export const sql = Object.assign(tag, {
  /** Fragments one after the other with a separator between them. */
  join: (fragments: readonly Sql[], separator = ', '): Sql =>
    fragments.length === 0
      ? sql.empty
      : compose(['', ...Array.from({ length: fragments.length - 1 }, () => separator), ''], fragments),
  empty: new Sql([''], []),
  /** A quoted table or column name, for the rare statement whose table is a parameter of the code. */
  identifier: (name: string): Sql => {
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new TypeError('not a plain SQL name')
    return new Sql([`"${name}"`], [])
  },
  /** A value for a json or jsonb parameter; bigint as decimal text, as over the wire. */
  json: (value: unknown): string =>
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item)),
})
