export { FakeClock } from '../clock.ts'
export { testDatabase, type TestDatabase } from './test-database.ts'
export { runSource } from './run-source.ts'
