import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { manifestFile } from '@anqu/app-package'
import { testPublisher, testTimeMs, type TestPublisher } from '@anqu/app-package/testing'
import {
  buildOcspResponse,
  parseOcspRequest,
  privateKeySigner,
  verifyOcspResponse,
  type OcspStatus,
} from '@anqu/pki'
import { createLog } from '@anqu/platform'
import { FakeClock } from '@anqu/platform/testing'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { serveReleaseStatus } from './release-status.ts'

const minuteMs = 60_000
let clock: FakeClock
let directory: string
let publisher: TestPublisher
let responder: Server
let state: OcspStatus | 'down' | 'nonsense'
let asked: number
let app: FastifyInstance

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'anqu-release-status-'))
  responder = createServer(async (request, response) => {
    asked += 1
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // a stream without encoding yields buffers
    if (state === 'down') response.writeHead(500)
    response.end(typeof state === 'string' ? state : await answer(Buffer.concat(chunks), state))
  })
  await new Promise<void>((resolve) => responder.listen(0, '127.0.0.1', resolve))
  const address = responder.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  publisher = await testPublisher({ ocspUrls: [`http://127.0.0.1:${port}/ocsp`] })
  await writeFile(
    path.join(directory, manifestFile),
    await publisher.release({ intermediates: [publisher.root] }),
  )
})
afterAll(async () => {
  responder.close()
  await rm(directory, { recursive: true })
})
beforeEach(() => {
  clock = new FakeClock(testTimeMs)
  asked = 0
  state = { status: 'good' }
  app = fastify()
  serveReleaseStatus(app, { directory, clock, log: createLog({ name: 'test', level: 'error' }) })
})

async function answer(question: Uint8Array, told: OcspStatus): Promise<Uint8Array> {
  const [certId] = parseOcspRequest(question).certIds
  if (certId === undefined) throw new Error('nothing was asked')
  const [thisUpdateMs, nextUpdateMs] = [clock.nowMs(), clock.nowMs() + 10 * minuteMs]
  return buildOcspResponse({
    answers: [{ certId, state: told, thisUpdateMs, nextUpdateMs }],
    producedAtMs: clock.nowMs(),
    responder: publisher.root,
    sendResponder: 'without-certificate',
    signer: privateKeySigner(publisher.rootKey),
  })
}

const get = () => app.inject('/release-status')

async function heard(): Promise<string> {
  const { statusCode, rawPayload } = await get()
  if (statusCode !== 200) return String(statusCode)
  const { certificate, root: issuer } = publisher
  return verifyOcspResponse({ response: rawPayload, certificate, issuer, atMs: clock.nowMs() }).status
}

test('what the CA says about the publisher is handed on, once for many, and a revocation after a minute', async () => {
  expect(await Promise.all([heard(), heard(), heard()])).toEqual(['good', 'good', 'good'])
  state = { status: 'revoked', revokedAtMs: testTimeMs, reason: 'keyCompromise' }
  expect(await heard()).toBe('good')
  expect(asked).toBe(1)
  clock.advance(minuteMs + 1)
  expect(await heard()).toBe('revoked')
})

test.each(['down', 'nonsense'] as const)(
  'a CA that is %s is not answered for, and asked again soon',
  async (what) => {
    state = what
    expect(await heard()).toBe('503')
    state = { status: 'good' }
    expect(await heard()).toBe('503')
    expect(asked).toBe(1)
    clock.advance(5_001)
    expect(await heard()).toBe('good')
  },
)
