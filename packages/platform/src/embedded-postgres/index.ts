export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded-postgres.ts'
export { EmbeddedPostgresError } from './embedded-postgres-error.ts'
export { isAlive, lockFolder } from './folder-lock.ts'
