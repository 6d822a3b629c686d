import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addressBytes } from './ip-address.ts'
import { localTls } from './local-tls.ts'

const nowMs = Date.parse('2026-03-01T00:00:00Z')
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'anqu-tls-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const certificate = (file: string): X509Certificate => new X509Certificate(readFileSync(file))

test('a client that trusts the local CA accepts the server, and one that does not refuses it', async () => {
  const { certFile, keyFile, authorityFile } = localTls(folder, '127.0.0.1', Date.now())
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_, answer) =>
    answer.end('hello'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const get = (ca?: Buffer): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, agent: false, ...(ca && { ca }) }, (answer) =>
        resolve(answer.resume().statusCode),
      )
        .on('error', reject)
        .end()
    })
  await expect(get(readFileSync(authorityFile))).resolves.toBe(200)
  await expect(get()).rejects.toThrow(/self-signed|unable to verify/i)
  await new Promise((resolve) => server.close(resolve))
})

test('keys are readable by nobody else', () => {
  localTls(folder, 'localhost', nowMs)
  for (const name of ['ca.key', 'server.key']) expect(statSync(path.join(folder, name)).mode & 0o077).toBe(0)
})

test('a second start keeps the certificates', () => {
  const { certFile } = localTls(folder, 'localhost', nowMs)
  const first = certificate(certFile).serialNumber
  localTls(folder, 'localhost', nowMs + 1_000)
  expect(certificate(certFile).serialNumber).toBe(first)
})

test('the server certificate is renewed before it ends, by the same CA', () => {
  const { certFile, authorityFile } = localTls(folder, 'localhost', nowMs)
  const [server, authority] = [certificate(certFile), certificate(authorityFile)]
  localTls(folder, 'localhost', nowMs + 340 * 86_400_000)
  expect(certificate(certFile).serialNumber).not.toBe(server.serialNumber)
  expect(certificate(authorityFile).serialNumber).toBe(authority.serialNumber)
  expect(certificate(certFile).verify(authority.publicKey)).toBe(true)
})

test('another host gets a certificate that names it', () => {
  localTls(folder, '127.0.0.1', nowMs)
  const { certFile } = localTls(folder, '192.0.2.7', nowMs)
  expect(certificate(certFile).checkIP('192.0.2.7')).toBe('192.0.2.7')
  expect(certificate(certFile).checkHost('localhost')).toBe('localhost')
  expect(certificate(certFile).ca).toBe(false)
})

test('addresses become the bytes that a certificate carries', () => {
  expect([...addressBytes('127.0.0.1')]).toEqual([127, 0, 0, 1])
  expect([...addressBytes('::1')]).toEqual([...Array(15).fill(0), 1])
  expect([...addressBytes('2001:db8::ff00:42:8329')]).toEqual([
    0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0x42, 0x83, 0x29,
  ])
})
