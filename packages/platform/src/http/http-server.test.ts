import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLog, silentLog } from '../log.ts'
import { createHttpServer, type HttpServer, type HttpServerOptions } from './http-server.ts'
import { parseInput } from './parse-input.ts'

const local = { host: '127.0.0.1', port: 0 }
const base: HttpServerOptions = { listen: local, settingPrefix: 'ANQU_X_', log: silentLog }
const lines: string[] = []
let server: HttpServer
let url: string

class Refused extends Error {}

beforeAll(async () => {
  server = createHttpServer({
    ...base,
    log: createLog({ name: 'http', level: 'debug', write: (line) => lines.push(line) }),
    correlation: 'inherit',
    bodyLimitBytes: 4096,
    renderError: (error, correlationId) =>
      error instanceof Refused
        ? { status: 409, body: { mine: correlationId }, headers: { 'x-a': 'b' } }
        : undefined,
  })
  server.app.post('/echo', (request, reply) =>
    reply.send(Buffer.isBuffer(request.body) ? { bytes: request.body.length } : request.body),
  )
  server.app.post('/typed', (request, reply) =>
    reply.send(parseInput(z.strictObject({ fen: z.string() }), request.body)),
  )
  server.app.get('/refused', () => Promise.reject(new Refused()))
  server.app.get('/bug', () => Promise.reject(new Error('select * from secret_table')))
  url = await server.start()
})
afterAll(() => server.stop())

const post = (
  route: string,
  body: string | Uint8Array<ArrayBuffer>,
  type = 'application/json',
): Promise<Response> => fetch(url + route, { method: 'POST', body, headers: { 'content-type': type } })
async function problem(answer: Promise<Response>): Promise<string> {
  const response = await answer
  const body = (await response.json()) as { error: Record<string, string> } // the shape is what is under test
  expect(Object.keys(body.error).toSorted()).toEqual(['code', 'correlationId', 'en', 'zh'])
  expect(body.error['correlationId']).toBe(response.headers.get('anqu-correlation-id'))
  return `${response.status} ${body.error['code']}`
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

describe('http server', () => {
  it('answers each malformed, oversized, unknown or untyped request with one catalogued shape', async () => {
    expect(await problem(post('/echo', '{"a":'))).toBe('400 transport.malformed')
    expect(await problem(post('/echo', '{"__proto__":{"a":1}}'))).toBe('400 transport.malformed')
    expect(await problem(post('/echo', `"${'a'.repeat(5000)}"`))).toBe('413 transport.too-large')
    expect(await problem(post('/echo', 'a=b', 'application/x-www-form-urlencoded'))).toBe(
      '415 transport.unsupported-type',
    )
    expect(await problem(post('/echo', 'text', 'text/plain'))).toBe('415 transport.unsupported-type')
    expect(await problem(fetch(`${url}/nowhere`))).toBe('404 transport.not-found')
    expect(await problem(post('/typed', '{"fen":1}'))).toBe('400 transport.invalid')
    expect(await problem(post('/typed', '{"fen":"1","more":1}'))).toBe('400 transport.invalid')
  })

  it('refuses towers and floods of JSON before parsing, and takes what is within bounds', async () => {
    expect(await problem(post('/echo', '['.repeat(33) + ']'.repeat(33)))).toBe('400 transport.malformed')
    expect((await post('/echo', '['.repeat(32) + ']'.repeat(32))).status).toBe(200)
    expect((await post('/echo', JSON.stringify({ a: '[[[{{{\\"'.repeat(50) }))).status).toBe(200)
    const wide = createHttpServer(base)
    wide.app.post('/', (_request, reply) => reply.send({}))
    const flood = await wide.app.inject({
      method: 'POST',
      url: '/',
      payload: Array.from({ length: 20_002 }, () => 1),
    })
    expect(flood.statusCode).toBe(400)
    await wide.stop()
  })

  it('hands sealed and binary bodies over as bytes', async () => {
    for (const type of ['application/octet-stream', 'application/vnd.anqu.sealed'])
      expect(await (await post('/echo', new Uint8Array(9), type)).json()).toEqual({ bytes: 9 })
  })

  it('renders the program’s refusals by its own hook', async () => {
    const answer = await fetch(`${url}/refused`)
    expect([answer.status, answer.headers.get('x-a')]).toEqual([409, 'b'])
  })

  it('tells nothing about a bug or about itself, and logs the bug under the same id', async () => {
    const answer = await fetch(`${url}/bug`)
    const text = await answer.text()
    expect(answer.status).toBe(500)
    expect(text).not.toContain('secret_table')
    expect(answer.headers.get('server')).toBeNull()
    expect(answer.headers.get('x-powered-by')).toBeNull()
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const id = answer.headers.get('anqu-correlation-id') ?? 'none'
    expect(lines.filter((line) => line.includes(id) && line.includes('secret_table'))).toHaveLength(1)
  })

  it('takes a correlation id only in its exact form', async () => {
    const id = '0199f3a0-0000-7000-8000-000000000001'
    const send = (value: string) => fetch(`${url}/nowhere`, { headers: { 'anqu-correlation-id': value } })
    expect((await send(id)).headers.get('anqu-correlation-id')).toBe(id)
    expect((await send('<b>')).headers.get('anqu-correlation-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('closes a broken request line without a word', async () => {
    const port = Number(new URL(url).port)
    const text = await new Promise<string>((resolve) => {
      let all = ''
      const socket = connect(port, '127.0.0.1', () => socket.write('BLA\r\n\r\n'))
      socket.on('data', (data) => (all += data.toString()))
      socket.on('close', () => resolve(all))
    })
    expect(text).toBe('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })

  it('refuses by name: another address without TLS, half of a TLS setting, a port in use', async () => {
    const make = (listen: HttpServerOptions['listen']) => () => createHttpServer({ ...base, listen })
    for (const host of ['0.0.0.0', '::', '192.168.1.5', '127.0.0.1.example.com'])
      expect(make({ host, port: 0 })).toThrow(
        'ANQU_X_HOST: is not a loopback address, so ANQU_X_TLS_CERT_FILE',
      )
    expect(make({ ...local, tlsCertFile: '/x' })).toThrow('ANQU_X_TLS_KEY_FILE: is required')
    expect(make({ ...local, tlsCertFile: '/x', tlsKeyFile: '/y' })).toThrow(
      'ANQU_X_TLS_CERT_FILE: its file cannot be read',
    )
    const second = createHttpServer({
      ...base,
      listen: { host: '127.0.0.1', port: Number(new URL(url).port) },
    })
    await expect(second.start()).rejects.toThrow('ANQU_X_PORT')
  })

  it.skipIf(!hasOpenssl)(
    `serves TLS 1.2 and up from its files, with strict transport security${hasOpenssl ? '' : ' (skipped: no openssl)'}`,
    async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'tls-'))
      const files = { tlsCertFile: path.join(folder, 'c.pem'), tlsKeyFile: path.join(folder, 'k.pem') }
      const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost`
      execFileSync('openssl', [...words.split(' '), '-keyout', files.tlsKeyFile, '-out', files.tlsCertFile], {
        stdio: 'ignore',
      })
      const secure = createHttpServer({ ...base, listen: { ...local, ...files } })
      secure.app.get('/', (_request, reply) => reply.send({}))
      const address = new URL(await secure.start())
      const ask = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
        new Promise<string>((resolve) => {
          const request = httpsRequest(
            {
              host: '127.0.0.1',
              port: address.port,
              ca: readFileSync(files.tlsCertFile),
              servername: 'localhost',
              checkServerIdentity: () => undefined,
              minVersion: 'TLSv1',
              maxVersion,
              agent: false,
            },
            (response) => resolve(`${response.statusCode} ${response.headers['strict-transport-security']}`),
          )
          request.on('error', (error) => resolve(error.message)).end()
        })
      expect(await ask('TLSv1.3')).toBe('200 max-age=31536000')
      expect(await ask('TLSv1.2')).toBe('200 max-age=31536000')
      expect(await ask('TLSv1.1')).not.toContain('200')
      await secure.stop()
      rmSync(folder, { recursive: true })
    },
  )
})
