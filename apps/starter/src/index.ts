import { programsOf } from './programs.ts'
import type { Profile } from './program.ts'
import type { StarterSettings } from './settings.ts'
import { startPrograms, type System } from './system.ts'

export type { System } from './system.ts'
export type { Profile } from './program.ts'
export type { StarterSettings } from './settings.ts'

export type StartOptions = Partial<StarterSettings> & {
  /** Keys, database and logs; made when missing. */
  readonly dataDir: string
  /** Settings of the programs, for example `{ ANQU_CHANNEL_LOG_LEVEL: 'debug' }`. */
  readonly environment?: Readonly<Record<string, string>>
  /** Told what happens without having been asked for: a restart, an orphan. */
  readonly report?: (line: string) => void
}

const usual = { ports: 'default', host: '127.0.0.1', tls: false, databasePrefix: 'anqu' } as const

/**
 * Starts the whole system from its built programs: database, CA, channel and, in the demo profile, the stand-ins. Resolves
 * when all of them serve.
 */
export function startSystem({ dataDir, environment, report, ...given }: StartOptions): Promise<System> {
  const profile: Profile = given.profile ?? 'demo'
  return startPrograms({
    ...usual,
    databaseUrl: undefined,
    redisUrl: undefined,
    ...given,
    profile,
    dataDir,
    programs: programsOf(profile),
    ...(environment && { environment }),
    ...(report && { report }),
  })
}
