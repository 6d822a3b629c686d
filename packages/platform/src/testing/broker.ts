import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../embedded-postgres/index.ts'
import { isAlive } from '../embedded-postgres/folder-lock.ts'

const folderStart = 'anqu-test-'

/** Removes what earlier runs left when they were killed. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${folderStart}(\\d+)-`).exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(path.join(tmpdir(), name), { recursive: true, force: true })
  }
}

export interface TestServer {
  readonly adminUrl: string
  stop(): Promise<void>
}

/** A server that forgets everything: no sync to disk, folder removed at the end. */
export async function startTestServer(): Promise<TestServer> {
  sweep()
  const dataDir = mkdtempSync(path.join(tmpdir(), `${folderStart}${process.pid}-`))
  const server: EmbeddedPostgres = await startEmbeddedPostgres({
    dataDir,
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' },
    urlSetting: 'ANQU_TEST_DATABASE_URL',
  })
  return {
    adminUrl: server.adminUrl,
    stop: async () => {
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Answers the URL of a test server on request, and starts it at the first one: runs without a database test stay fast. */
export async function startBroker(): Promise<{ url: string; stop(): Promise<void> }> {
  let starting: Promise<TestServer> | undefined
  const http = createServer((_request, response) => {
    starting ??= startTestServer()
    starting.then(
      (server) => response.end(server.adminUrl),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const port = address === null || typeof address === 'string' ? 0 : address.port
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      http.close()
      http.closeAllConnections()
      await starting?.then(
        (server) => server.stop(),
        () => {},
      )
    },
  }
}
