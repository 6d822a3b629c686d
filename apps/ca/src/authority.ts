import { bytesToBase64 } from '@anqu/encoding'
import type { GmPool } from '@anqu/gm-crypto/pool'
import {
  createCallers,
  createHttpServer,
  migrate,
  platformMigrations,
  signedRoutes,
  UntrustedCall,
  type Clock,
  type Db,
  type ErrorRenderer,
  type HttpServer,
  type HttpServerOptions,
  type Log,
} from '@anqu/platform'
import { protocol } from './api/index.ts'
import { loadAuthorityKeys } from './keys/authority-keys.ts'
import { linkEvents } from './overview/event-chain.ts'
import { openProfileStore } from './profiles/profile-store.ts'
import { registerCalls } from './register-calls.ts'
import { Refused } from './refused.ts'

export type AuthorityNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly dataDir: string
  readonly callersDir: string
  readonly listen: HttpServerOptions['listen']
  /** Workers for the verification of customers' signatures; without them it is done in this thread. */
  readonly pool?: GmPool
}

export type Authority = HttpServer & {
  /** What is due every second or so: chaining events. */
  tick(): Promise<void>
  housekeeping(): Promise<void>
}

const migrations = { module: 'ca', directory: new URL('./store/migrations/', import.meta.url) }
export const settingPrefix = 'ANQU_CA_'

/** The certification authority as an HTTP service. Calls and answers are signed. */
export async function createAuthority(needs: AuthorityNeeds): Promise<Authority> {
  const { db, clock, log, dataDir, callersDir, listen } = needs
  await migrate(db, [platformMigrations, migrations], { clock })
  const keys = await loadAuthorityKeys(dataDir, clock)
  const profiles = await openProfileStore({ db, clock })
  const callers = createCallers({ protocol, db, clock, folder: callersDir })
  const server = createHttpServer({ listen, settingPrefix, log, renderError, correlation: 'inherit' })
  server.app.get('/v1/anchors', async () => ({
    certificates: [keys.issuing.certificate, keys.root].map((certificate) => bytesToBase64(certificate.raw)),
    service: bytesToBase64(keys.service.certificate.raw),
  }))
  await server.app.register(async (scope) => {
    const route = signedRoutes(scope, { protocol, callers, key: keys.service.key, refuse: refuseWith(log) })
    registerCalls(route, { db, clock, keys, profiles, pool: needs.pool })
  })
  return { ...server, tick: () => linkEvents(db), housekeeping: () => callers.forgetNonces() }
}

const refuseWith = (log: Log) => (error: unknown) => {
  if (!(error instanceof Refused)) return undefined
  log.info({ code: error.code, why: error.message }, 'refused')
  return { status: 422, value: { refused: error.code } }
}

const renderError: ErrorRenderer = (error, correlationId) =>
  error instanceof UntrustedCall
    ? {
        status: 401,
        body: {
          error: {
            code: 'ca.untrusted',
            zh: '请求未通过验证',
            en: 'The request is not trusted',
            correlationId,
          },
        },
      }
    : undefined
