import { startBroker } from './broker.ts'

/**
 * For the `globalSetup` of vitest: one embedded server for the whole run, started when the first test asks for a database.
 * With `ANQU_TEST_DATABASE_URL` set (a login that may create databases) that server is used instead.
 */
export default async function setup(): Promise<() => Promise<void>> {
  if ((process.env['ANQU_TEST_DATABASE_URL'] ?? '') !== '') return async () => {}
  const broker = await startBroker()
  process.env['ANQU_TEST_DATABASE_BROKER'] = broker.url
  return () => broker.stop()
}
