import { encodePem } from '@anqu/encoding'
import { exportPkcs8 } from '@anqu/gm-crypto'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  buildOcspResponse,
  certIdOf,
  createOcspRequest,
  EKU_OCSP_SIGNING,
  EKU_SERVER_AUTH,
  parseOcspRequest,
  verifyOcspResponse,
  type ExtensionRequest,
  type OcspStatus,
} from './index.ts'
import { missingJava, runJudge } from './testing/java-judge.ts'
import { issue, ListWorld, signerOf } from './testing/list-world.ts'
import { missingOpenssl } from './testing/openssl-judge.ts'
import { YEAR_MS, type Party } from './testing/test-chain.ts'

/** OpenSSL and BouncyCastle on delegated responders, and ours on the same answers and on OpenSSL's own. */
const nowMs = Math.floor(Date.now() / 1000) * 1000
const REVOKED: OcspStatus = { status: 'revoked', revokedAtMs: nowMs - 60_000, reason: 'keyCompromise' }
const delegated: ExtensionRequest = {
  keyUsage: ['digitalSignature'],
  extKeyUsage: [EKU_OCSP_SIGNING],
  ocspNoCheck: true,
}

interface OcspCase {
  readonly name: string
  readonly by: 'ca' | 'other' | 'root'
  readonly extensions: ExtensionRequest
  readonly state: OcspStatus
  readonly verdict: 'good' | 'revoked' | 'no-answer'
}

const cases: readonly OcspCase[] = [
  {
    name: 'a delegate of the CA, good',
    by: 'ca',
    extensions: delegated,
    state: { status: 'good' },
    verdict: 'good',
  },
  {
    name: 'a delegate of the CA, revoked',
    by: 'ca',
    extensions: delegated,
    state: REVOKED,
    verdict: 'revoked',
  },
  {
    name: 'a certificate for another purpose',
    by: 'ca',
    extensions: { keyUsage: ['digitalSignature'], extKeyUsage: [EKU_SERVER_AUTH] },
    state: { status: 'good' },
    verdict: 'no-answer',
  },
  {
    name: 'a delegate of another CA',
    by: 'other',
    extensions: delegated,
    state: { status: 'good' },
    verdict: 'no-answer',
  },
]
const table = cases.map((one, index) => [one.name, one, index] as const)

/** A folder with a chain, a certificate that is asked about, and an answer for each case. */
class Answers {
  readonly folder = mkdtempSync(join(tmpdir(), 'anqu-ocsp-'))
  readonly responses: Uint8Array[] = []
  readonly nonce = Uint8Array.from({ length: 16 }, (_, at) => at)
  readonly #world: ListWorld
  readonly #id: Uint8Array | undefined
  leaf!: Party

  private constructor(world: ListWorld, id: Uint8Array | undefined) {
    this.#world = world
    this.#id = id
  }

  static async open(id?: Uint8Array): Promise<Answers> {
    const answers = new Answers(await ListWorld.open(id, nowMs), id)
    answers.leaf = await answers.issue('ca', { keyUsage: ['digitalSignature'] })
    for (const one of cases) answers.responses.push(await answers.respond(one))
    return answers
  }

  get parties(): ListWorld['parties'] {
    return this.#world.parties
  }

  issue(by: OcspCase['by'], extensions: ExtensionRequest): Promise<Party> {
    const subject = [{ type: 'CN', value: `party of ${by}` }] as const
    return issue({ subject, extensions, by: this.parties[by], nowMs, ...(this.#id && { id: this.#id }) })
  }

  async respond({ by, extensions, state }: OcspCase): Promise<Uint8Array> {
    const { certificate, key } = await this.issue(by, extensions)
    const certId = certIdOf(this.parties.ca.certificate, this.leaf.certificate.serial)
    return buildOcspResponse({
      answers: [{ certId, state, thisUpdateMs: nowMs - 60_000, nextUpdateMs: nowMs + 3_600_000 }],
      producedAtMs: nowMs - 60_000,
      nonce: this.nonce,
      responder: certificate,
      sendResponder: 'with-certificate',
      signer: signerOf(key, this.#id),
    })
  }

  save(name: string, bytes: Uint8Array | string): string {
    const file = join(this.folder, name)
    writeFileSync(file, bytes)
    return file
  }

  pem(name: string, ...parties: readonly Party[]): string {
    return this.save(
      name,
      parties.map(({ certificate }) => encodePem('CERTIFICATE', certificate.raw)).join(''),
    )
  }

  close(): void {
    rmSync(this.folder, { recursive: true })
  }
}

const noJava = missingJava()
describe.skipIf(noJava !== '')(`BouncyCastle on OCSP${noJava && ` (skipped: ${noJava})`}`, () => {
  let answers: Answers
  let verdicts = new Map<string, string>()
  beforeAll(async () => {
    answers = await Answers.open()
    const { root, ca } = answers.parties
    const path = [answers.leaf, ca, root].map(({ certificate }, at) => {
      answers.save(`${at}.cer`, certificate.raw)
      return `${at}.cer`
    })
    const lines = answers.responses.map((response, index) => {
      answers.save(`${index}.resp`, response)
      return [index, nowMs, path.join(','), '', '', `${index}.resp`].join('\t')
    })
    answers.save('cases', lines.join('\n'))
    verdicts = runJudge('RevocationJudge.java', answers.folder)
  }, 120_000)
  afterAll(() => answers.close())

  test.each(table)('%s', (_, { verdict }, index) => {
    const theirs = verdicts.get(String(index)) ?? ''
    expect([theirs, theirs === 'valid']).toEqual([theirs, verdict === 'good'])
    if (verdict === 'revoked') expect(theirs).toMatch(/revoked/i)
    const ours = verifyOcspResponse({
      response: answers.responses[index] ?? new Uint8Array(0),
      certificate: answers.leaf.certificate,
      issuer: answers.parties.ca.certificate,
      atMs: nowMs,
      nonce: answers.nonce,
    })
    expect(ours.status).toBe(verdict)
  })
})

const noOpenssl = missingOpenssl()
describe.skipIf(noOpenssl !== '')(`OpenSSL on OCSP${noOpenssl && ` (skipped: ${noOpenssl})`}`, () => {
  const ocsp = (...groups: readonly (readonly string[])[]): { ok: boolean; output: string } => {
    const { status, stdout, stderr } = spawnSync('openssl', ['ocsp', ...groups.flat()], { encoding: 'utf8' })
    return { ok: status === 0, output: `${stdout}${stderr}` }
  }

  describe('reading ours', () => {
    let answers: Answers
    beforeAll(async () => {
      // Nothing sets the identifier for answers there: they are signed under OpenSSL's own, the empty one.
      answers = await Answers.open(new Uint8Array(0))
    })
    afterAll(() => answers.close())

    test.each(table)('%s', (_, { verdict }, index) => {
      const { root, ca } = answers.parties
      const certId = certIdOf(ca.certificate, answers.leaf.certificate.serial)
      const question = createOcspRequest({ certIds: [certId], nonce: answers.nonce })
      const { output } = ocsp(
        ['-reqin', answers.save('question', question), '-no_nonce', '-sm3'],
        ['-issuer', answers.pem('ca.pem', ca), '-cert', answers.pem('leaf.pem', answers.leaf)],
        [
          '-respin',
          answers.save('answer', answers.responses[index] ?? ''),
          '-CAfile',
          answers.pem('trust.pem', root, ca),
        ],
      )
      expect([output, output.includes('Response verify OK')]).toEqual([output, verdict !== 'no-answer'])
      if (verdict !== 'no-answer') expect(output).toContain(`leaf.pem: ${verdict}`)
    })
  })

  test('its questions are read here, and its answers hold here', async () => {
    const answers = await Answers.open()
    const { ca } = answers.parties
    const responder = await answers.issue('ca', delegated)
    const until = new Date(nowMs + YEAR_MS).toISOString().replace(/[-:T]/g, '').slice(2, 14)
    const serial = answers.leaf.certificate.serialHex.toUpperCase()
    const index = answers.save('index', `V\t${until}Z\t\t${serial}\tunknown\t/CN=leaf\n`)
    const issuer = [
      '-issuer',
      answers.pem('ca.pem', ca),
      '-sm3',
      '-cert',
      answers.pem('leaf.pem', answers.leaf),
    ]
    const question = join(answers.folder, 'question')
    expect(ocsp(issuer, ['-reqout', question])).toMatchObject({ ok: true })
    const { certIds, nonce } = parseOcspRequest(new Uint8Array(readFileSync(question)))
    expect(certIds).toEqual([certIdOf(ca.certificate, answers.leaf.certificate.serial)])

    const answer = join(answers.folder, 'answer')
    const rkey = answers.save('key.pem', encodePem('PRIVATE KEY', exportPkcs8(responder.key)))
    const made = ocsp(
      [
        '-index',
        index,
        '-CA',
        answers.pem('ca.pem', ca),
        '-rsigner',
        answers.pem('responder.pem', responder),
      ],
      ['-rkey', rkey, '-rmd', 'sm3', '-rsigopt', 'distid:1234567812345678', '-nmin', '10'],
      ['-reqin', question, '-respout', answer],
    )
    expect(made).toMatchObject({ ok: true })
    const verdict = verifyOcspResponse({
      response: new Uint8Array(readFileSync(answer)),
      certificate: answers.leaf.certificate,
      issuer: ca.certificate,
      atMs: Date.now(),
      ...(nonce && { nonce }),
    })
    expect(verdict.status).toBe('good')
    answers.close()
  })
})
