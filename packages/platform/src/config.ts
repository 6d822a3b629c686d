import { z } from 'zod'

/** Every bad setting of a process, by name and never with its value: a value may be a secret. */
export class ConfigError extends Error {
  readonly problems: readonly { readonly setting: string; readonly problem: string }[]

  constructor(problems: readonly { setting: string; problem: string }[]) {
    super(`bad settings:\n${problems.map((p) => `  ${p.setting}: ${p.problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export interface ConfigOptions {
  /** Start of every environment variable that belongs to this schema, for example `ANQU_CA_`. */
  readonly prefix?: string
  /** Variables with the same prefix that other programs own and that are therefore left alone. */
  readonly alsoKnown?: readonly string[]
}

const environmentName = (prefix: string, key: string): string =>
  prefix + key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()

/**
 * Reads settings from environment variables. Keys of the schema are camelCase (`databaseUrl`), variables are the
 * prefix and upper snake case (`ANQU_DATABASE_URL`). An empty variable counts as not set. A variable with the prefix
 * that no key claims is refused, so that a misspelt setting cannot pass silently.
 * @throws {ConfigError} naming every bad setting at once
 */
export function parseConfig<S extends z.ZodObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
  { prefix = 'ANQU_', alsoKnown = [] }: ConfigOptions = {},
): z.output<S> {
  const problems: { setting: string; problem: string }[] = []
  const input: Record<string, string> = {}
  const known = new Set<string>(alsoKnown)
  for (const key of Object.keys(schema.shape)) {
    const name = environmentName(prefix, key)
    known.add(name)
    const value = env[name]
    if (value !== undefined && value !== '') input[key] = value
  }
  for (const name of Object.keys(env))
    if (name.startsWith(prefix) && !known.has(name))
      problems.push({ setting: name, problem: 'unknown setting' })
  const result = schema.safeParse(input)
  if (!result.success)
    for (const issue of result.error.issues) {
      const key = String(issue.path[0] ?? '')
      const missing = !(key in input)
      problems.push({
        setting: environmentName(prefix, key),
        problem: missing ? 'is required' : issue.message,
      })
    }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems)
  return result.data
}

/** The process environment. The only place that reads it. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env
}

const wholeNumber = (text: string, context: z.RefinementCtx): number => {
  if (!/^\d{1,15}$/.test(text)) {
    context.addIssue({ code: 'custom', message: 'must be a whole number' })
    return z.NEVER
  }
  return Number(text)
}

/** Schemas for settings as they stand in an environment variable: text in, typed value out. */
export const setting = {
  text: () => z.string(),
  port: (port: number) =>
    z.string().default(String(port)).transform(wholeNumber).pipe(z.number().max(65_535)),
  wholeNumber: (value: number, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
    z.string().default(String(value)).transform(wholeNumber).pipe(z.number().min(min).max(max)),
  flag: (value: 'on' | 'off') =>
    z
      .enum(['on', 'off'], { error: 'must be on or off' })
      .default(value)
      .transform((word) => word === 'on'),
  choice: <const T extends readonly [string, ...string[]]>(choices: T, value: T[number]) =>
    z.enum(choices, { error: `must be one of ${choices.join(', ')}` }).default(value as never), // zod asks for its own enum member type
  url: () => z.url({ error: 'must be a URL' }),
  postgresUrl: () =>
    z.string().regex(/^postgres(ql)?:\/\/\S+$/, { error: 'must start with postgres:// or postgresql://' }),
  redisUrl: () => z.string().regex(/^rediss?:\/\/\S+$/, { error: 'must start with redis:// or rediss://' }),
} as const

/** The four settings of a listening address: host, port and, when TLS is on, its two files (PEM). */
export const listenSettings = (port: number) => ({
  host: z.string().default('127.0.0.1'),
  port: setting.port(port),
  tlsCertFile: z.string().optional(),
  tlsKeyFile: z.string().optional(),
})
