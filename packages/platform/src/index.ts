export { FakeClock, systemClock, type Clock } from './clock.ts'
export {
  ConfigError,
  listenSettings,
  parseConfig,
  readEnvironment,
  setting,
  type ConfigOptions,
} from './config.ts'
export { uuidv7 } from './ids.ts'
export { createLog, silentLog, type Log, type LogFields, type LogOptions } from './log.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { onShutdown, readyLine, runMain, type ReadyReport } from './lifecycle.ts'
export { sql, Sql, type SqlValue } from './database/sql.ts'
export {
  openDatabase,
  type DatabaseOptions,
  type Db,
  type Queryable,
  type Transaction,
} from './database/database.ts'
export { DatabaseError, isUniqueViolation } from './database/database-error.ts'
export { migrate, MigrationError, platformMigrations, type MigrationSet } from './database/migrate.ts'
export { provisionDatabase, databaseUrl } from './database/provision.ts'
export type { ShortLivedStore } from './short-lived/short-lived-store.ts'
export { createMemoryStore, ShortLivedStoreFull } from './short-lived/memory-store.ts'
export { createRedisStore } from './short-lived/redis-store.ts'
export { createHttpServer, type HttpServer, type HttpServerOptions } from './http/http-server.ts'
export { TransportError, type TransportProblem } from './http/transport-error.ts'
export { renderTransportError, type ErrorRenderer, type RenderedError } from './http/render-error.ts'
export { parseInput } from './http/parse-input.ts'
export { createPeriodicJobs, type PeriodicJobs } from './jobs/periodic-jobs.ts'
export { loadKeyFile, readIfPresent } from './key-file.ts'
export { answerBytes, callHeaders, requestBytes, type CallHead } from './signed-calls/signed-call.ts'
export { createCallers, UntrustedCall, type Callers, type TrustedCall } from './signed-calls/callers.ts'
export { signedRoutes, type SignedRoute } from './signed-calls/signed-routes.ts'
export {
  createServiceCall,
  ServiceRefused,
  ServiceUnavailable,
  type ServiceCall,
} from './signed-calls/call-service.ts'
export { loadCallerKey } from './signed-calls/caller-key.ts'
