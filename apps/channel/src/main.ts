import { bytesToBase64 } from '@anqu/encoding'
import { initGmCrypto } from '@anqu/gm-crypto'
import { createGmPool } from '@anqu/gm-crypto/pool'
import {
  createHttpServer,
  createLog,
  createMemoryStore,
  createMetrics,
  createRedisStore,
  onShutdown,
  openDatabase,
  readEnvironment,
  readyLine,
  runMain,
  systemClock,
  type HttpServer,
  type Log,
} from '@anqu/platform'
import { compose, type Channel } from './compose.ts'
import { connectOutside } from './compose/connect-outside.ts'
import { readConfig, settingPrefix, type ChannelConfig } from './config.ts'
import { addDemoStaff } from './demo-staff.ts'
import { serveApiDocs } from './http/api-docs-page.ts'
import { serveReleaseStatus } from './http/release-status.ts'
import { registerSealedRoutes, renderRefusal } from './http/sealed-routes.ts'
import { serveApp } from './http/static-app.ts'

const version = '0.1.0'
const metrics = createMetrics('channel')
const answers = metrics.counter('anqu_sealed_answers_total', 'Sealed answers by route and status', [
  'route',
  'status',
])

async function start(): Promise<void> {
  await initGmCrypto()
  const config = readConfig(readEnvironment())
  const log = createLog({ name: 'channel', level: config.logLevel })
  const db = openDatabase({
    url: config.databaseUrl,
    poolSize: config.poolSize,
    applicationName: 'channel',
    log,
  })
  const store =
    config.redisUrl === undefined
      ? createMemoryStore({ clock: systemClock })
      : createRedisStore({ url: config.redisUrl, log })
  const pool = createGmPool()
  const outside = await connectOutside(config, { db, log, store, pool })
  const anchors = await outside.authority.anchors()
  const channel = await compose(outside)
  const demoAccounts = config.profile === 'demo' ? await addDemoStaff(channel.operators) : []
  const customer = await serve(channel, config, log, {
    audience: 'customer',
    port: config.port,
    directory: config.mobileDir,
    anchors,
  })
  const staff = await serve(channel, config, log, {
    audience: 'staff',
    port: config.adminPort,
    directory: config.consoleDir,
    anchors,
  })
  await channel.audit.record(auditState('audit.started'))
  channel.jobs.start()
  onShutdown(log, async () => {
    await Promise.all([customer.server.stop(), staff.server.stop()])
    await channel.jobs.stop()
    await channel.audit.record(auditState('audit.stopped'))
    await channel.audit.seal()
    await channel.audit.signHead()
    await pool.close()
    await store.close()
    await db.close()
  })
  readyLine({
    name: 'channel',
    addresses: { app: customer.address, console: staff.address, apiDocs: `${customer.address}/api-docs` },
    demoAccounts,
  })
}

type Side = {
  audience: 'customer' | 'staff'
  port: number
  directory: string | undefined
  anchors: readonly Uint8Array[]
}

async function serve(
  channel: Channel,
  config: ChannelConfig,
  log: Log,
  side: Side,
): Promise<{ server: HttpServer; address: string }> {
  const listen = { ...config, port: side.port }
  const server = createHttpServer({ listen, settingPrefix, log, renderError: renderRefusal })
  registerSealedRoutes({
    server,
    log,
    audience: side.audience,
    messages: channel.messages,
    routes: channel.routes,
    audit: channel.audit,
    encryption: channel.encryption,
    secure: config.tlsCertFile !== undefined,
    pseudonym: (address) => channel.keys.lookup('address', address).slice(0, 16),
    resolveCustomer: channel.sessions.resolve,
    resolveStaff: channel.operators.resolve,
    answered: (route, status) => answers.inc({ route, status: String(status) }),
  })
  // Figures are for the internal listener: they tell a stranger when the system is weak.
  if (side.audience === 'staff')
    server.app.get('/metrics', async (_request, reply) => {
      const { contentType, text } = await metrics.render()
      return reply.type(contentType).send(text)
    })
  server.app.get('/healthz', async () => ({ status: 'ok' }))
  server.app.get('/trust-anchors', async () => ({
    certificates: side.anchors.map((der) => bytesToBase64(der)),
  }))
  serveApiDocs(server.app, side.audience, version)
  if (side.directory !== undefined) {
    await serveApp(server.app, side.directory)
    if (side.audience === 'customer')
      serveReleaseStatus(server.app, { directory: side.directory, clock: systemClock, log })
  }
  return { server, address: await server.start() }
}

/** Start and stop of the audit function are events themselves (A-5.11-11). */
const auditState = (event: string) => ({
  event,
  eventClass: 'audit-state' as const,
  outcome: 'success' as const,
  subject: 'channel',
  description: event,
  origin: 'channel',
  resource: 'audit-log',
  correlationId: event,
})

await runMain(start)
