import { utf8ToBytes } from '@anqu/encoding'
import { buildSignedData, EKU_SERVER_AUTH, privateKeySigner, type RevocationStatus } from '@anqu/pki'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeManifest, type Manifest } from './manifest.ts'
import { testFiles, testPublisher, testTimeMs, type TestPublisher } from './testing/index.ts'
import { verifyFile, verifyRelease, verifyUpdate, type Trust } from './verify-release.ts'

let publisher: TestPublisher
let release: Uint8Array
beforeAll(async () => {
  publisher = await testPublisher()
  release = await publisher.release()
})

const trust = (status: RevocationStatus = { status: 'good' }, atMs = testTimeMs): Trust => ({
  anchors: [publisher.root],
  atMs,
  status: () => status,
})
const outcome = (message: Uint8Array, by = trust()): string => {
  const verdict = verifyRelease(message, by)
  return verdict.ok ? 'ok' : verdict.refusal
}

/** Signs whatever it is given as if it were a manifest. */
const signed = (content: Uint8Array): Promise<Uint8Array> =>
  buildSignedData({
    family: 'gm',
    content,
    placement: 'attached',
    signers: [
      { certificate: publisher.certificate, signer: privateKeySigner(publisher.key), signedAttributes: {} },
    ],
  })

describe('a release (B-7.4-1, A-5.6-4)', () => {
  test('of the publisher is taken, with all its files', () => {
    const verdict = verifyRelease(release, trust())
    if (!verdict.ok) throw new Error(verdict.detail)
    expect(verdict.release.manifest.files.map(({ path }) => path)).toEqual([
      'assets/index-1.js',
      'index.html',
    ])
    for (const [path, content] of testFiles) expect(verifyFile(verdict.release, path, content)).toBe(true)
  })

  test('without a signature, by a stranger, or by somebody who signs other things, is refused', async () => {
    expect(outcome(utf8ToBytes('{}'))).toBe('unsigned')
    expect(outcome(new Uint8Array(0))).toBe('unsigned')
    const stranger = await testPublisher()
    expect(outcome(await stranger.release())).toBe('foreign')
    for (const change of [
      { subjectAltNames: [{ kind: 'dns', value: 'anqu-tsm' }] },
      { extKeyUsage: [EKU_SERVER_AUTH] },
      { keyUsage: ['keyAgreement'] },
    ] as const) {
      const other = await testPublisher(change)
      expect(outcome(await other.release(), { ...trust(), anchors: [other.root] })).toBe('foreign')
    }
  })

  test('is refused when the certificate ran out, is revoked, or nobody can say', () => {
    expect(outcome(release, trust(undefined, testTimeMs + 2 * 365 * 86_400_000))).toBe('foreign')
    const revoked = { status: 'revoked', revokedAtMs: testTimeMs, reason: 'keyCompromise' } as const
    expect(outcome(release, trust(revoked))).toBe('revoked')
    expect(outcome(release, trust({ status: 'unknown', detail: 'no answer' }))).toBe('revoked')
  })

  test('with any changed byte is refused, or says the same as before, and nothing is thrown', () => {
    const whole = verifyRelease(release, trust())
    if (!whole.ok) throw new Error(whole.detail)
    fc.assert(
      fc.property(fc.nat(release.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = release.slice()
        changed[at] = (changed[at] ?? 0) ^ by
        const verdict = verifyRelease(changed, trust())
        // Some bytes around the signature only announce what comes; none of them is used.
        if (verdict.ok) expect(verdict.release.manifest).toEqual(whole.release.manifest)
      }),
      { numRuns: 500 },
    )
  })
})

describe('a signed manifest', () => {
  const good: Manifest = {
    version: '1.0.0',
    releasedAtMs: 1,
    files: [{ path: 'index.html', bytes: 1, sm3: '0'.repeat(64) }],
  }
  const [page] = good.files

  test('is taken as it is made', async () => {
    expect(outcome(await signed(encodeManifest(good)))).toBe('ok')
  })

  test.each<[string, unknown]>([
    ['another format', { format: 2 }],
    ['another app', { name: 'other' }],
    ['another digest (B-7.5.3-4)', { algorithms: { digest: 'sha256', signature: 'sm2-with-sm3' } }],
    ['another signature (B-7.5.3-4)', { algorithms: { digest: 'sm3', signature: 'rsa' } }],
    ['no version', { version: 'new' }],
    ['no page', { files: [{ ...page, path: 'other.html' }] }],
    ['a file twice', { files: [page, page] }],
    ['a path that leads elsewhere', { files: [page, { ...page, path: '../sw.js' }] }],
    ['an absolute path', { files: [page, { ...page, path: '/sw.js' }] }],
    ['its own name', { files: [page, { ...page, path: 'release.p7m' }] }],
    ['a file too long', { files: [{ ...page, bytes: 9 * 1024 * 1024 }] }],
    ['a digest of another length', { files: [{ ...page, sm3: '00' }] }],
    ['a time that is none', { releasedAtMs: -1 }],
  ])('with %s is malformed', async (_name, change) => {
    const fields: unknown = JSON.parse(new TextDecoder().decode(encodeManifest(good)))
    const content = utf8ToBytes(JSON.stringify({ ...(fields as object), ...(change as object) }))
    expect(outcome(await signed(content))).toBe('malformed')
  })

  test('that is too long or no JSON is malformed', async () => {
    expect(outcome(await signed(utf8ToBytes('no json')))).toBe('malformed')
    expect(outcome(await signed(new Uint8Array(70_000)))).toBe('malformed')
    expect(outcome(new Uint8Array(200_000))).toBe('malformed')
  })
})

test('an update is newer than what it replaces; an older package with a known fault stays out', async () => {
  const installed = { version: '1.0.0', releasedAtMs: testTimeMs, files: [] }
  const verdictOn = async (releasedAtMs: number) =>
    verifyUpdate(await publisher.release({ releasedAtMs }), trust(), installed)
  expect(await verdictOn(testTimeMs + 1)).toMatchObject({ ok: true })
  expect(await verdictOn(testTimeMs)).toMatchObject({ refusal: 'older' })
  expect(await verdictOn(testTimeMs - 1)).toMatchObject({ refusal: 'older' })
})

test('one byte of a file changed, one more, one less, or another file under its name does not pass (A-5.6-3)', () => {
  const verdict = verifyRelease(release, trust())
  if (!verdict.ok) throw new Error(verdict.detail)
  const page = testFiles.get('index.html') ?? new Uint8Array(0)
  const flipped = page.slice()
  flipped[5] = (flipped[5] ?? 0) ^ 1
  const other = testFiles.get('assets/index-1.js') ?? new Uint8Array(0)
  for (const content of [flipped, page.slice(1), new Uint8Array([...page, 0]), other])
    expect(verifyFile(verdict.release, 'index.html', content)).toBe(false)
  expect(verifyFile(verdict.release, 'unknown.html', page)).toBe(false)
})
