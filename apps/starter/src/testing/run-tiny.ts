// A starter as `npm start` is one, for tests that kill it: `node run-tiny.js DATA_DIR [MODE]`.
import { startPrograms } from '../system.ts'
import { tinyProgram } from './tiny-program.ts'

const [dataDir = '', mode = 'serve'] = process.argv.slice(2)

try {
  const system = await startPrograms({
    dataDir,
    ports: 'free',
    host: '127.0.0.1',
    tls: false,
    profile: 'demo',
    databaseUrl: undefined,
    databasePrefix: 'anqu',
    redisUrl: undefined,
    programs: [tinyProgram({ databases: ['anqu_tiny'] })],
    environment: { ANQU_TINY_MODE: mode },
    report: (line) => process.stdout.write(`${line}\n`),
  })
  process.once('SIGTERM', () => void system.stop().then(() => process.exit(0)))
  process.stdout.write(`${JSON.stringify({ pid: system.pid('tiny'), ...system.addresses })}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
