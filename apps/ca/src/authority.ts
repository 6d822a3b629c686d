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
import { createRegister } from './issue/register-certificates.ts'
import { loadAuthorityKeys } from './keys/authority-keys.ts'
import { linkEvents } from './overview/event-chain.ts'
import { openPublication } from './publication/open-publication.ts'
import { giveReadyAnswers, publicRoutes } from './publication/public-routes.ts'
import { openShards } from './publication/shards.ts'
import { openProfileStore } from './profiles/profile-store.ts'
import { registerCalls } from './register-calls.ts'
import { Refused } from './refused.ts'
import { createCertifiedKeys } from './status/certified-keys.ts'
import { migrations } from './store/migrations.ts'

export type AuthorityNeeds = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly dataDir: string
  readonly callersDir: string
  readonly listen: HttpServerOptions['listen']
  readonly profile: 'demo' | 'production'
  /** Where relying parties reach lists and status answers, e.g. `http://ca.example`. It stands in every certificate. */
  readonly publicUrl: string
  /** Over how many revocation lists new certificates are spread. */
  readonly crlShards: number
  /** Workers for the verification of customers' signatures; without them it is done in this thread. */
  readonly pool?: GmPool
}

export type Authority = HttpServer & {
  /** What is due every second or so: chaining events, publishing what changed. */
  tick(): Promise<void>
  housekeeping(): Promise<void>
}

export const settingPrefix = 'ANQU_CA_'

/** The certification authority as an HTTP service. Calls and answers are signed. */
export async function createAuthority(needs: AuthorityNeeds): Promise<Authority> {
  const { db, clock, log, callersDir, listen, publicUrl } = needs
  await migrate(db, [platformMigrations, migrations], { clock })
  const keys = await loadAuthorityKeys(needs)
  const profiles = await openProfileStore({ db, clock })
  const shards = await openShards({ db, clock, publicUrl, shardCount: needs.crlShards })
  const issuing = { db, clock, keys, profiles, shards, register: createRegister(db, clock) }
  const publication = await openPublication({ ...needs, issuing })
  const { responder } = publication
  const certifiedKeys = createCertifiedKeys(keys.issuing.certificate)
  const callers = createCallers({ protocol, db, clock, folder: callersDir })
  const server = createHttpServer({
    listen,
    settingPrefix,
    log,
    renderError,
    correlation: 'inherit',
    answerAtOnce: giveReadyAnswers({ clock, responder }),
  })
  server.app.get('/v1/anchors', async () => ({
    certificates: [keys.issuing.certificate, keys.root].map((certificate) => bytesToBase64(certificate.raw)),
    service: bytesToBase64(keys.service.certificate.raw),
  }))
  await server.app.register(async (scope) => {
    const route = signedRoutes(scope, { protocol, callers, key: keys.service.key, refuse: refuseWith(log) })
    const { stateChanged } = responder
    registerCalls(route, {
      ...issuing,
      ...publication,
      publicUrl,
      stateChanged,
      certifiedKeys,
      pool: needs.pool,
    })
  })
  await server.app.register(async (scope) => publicRoutes(scope, { ...publication, clock, keys }))
  const tick = async (): Promise<void> => {
    await linkEvents(db)
    await publication.lists.publish()
  }
  await tick()
  return {
    ...server,
    tick,
    async housekeeping() {
      await callers.forgetNonces()
      await publication.responderKey.renewWhenDue()
    },
  }
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
