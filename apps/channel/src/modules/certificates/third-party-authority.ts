import { bytesToHex, equalBytes, ParseError, parsePem } from '@anqu/encoding'
import { randomBytes, sm2Verify, sm3 } from '@anqu/gm-crypto'
import {
  certIdOf,
  createOcspRequest,
  nameValue,
  parseCertificate,
  parseCsr,
  validateChain,
  verifyOcspResponse,
  type Certificate,
  type OcspVerdict,
} from '@anqu/pki'
import { policy } from '@anqu/policy'
import type { Clock } from '@anqu/platform'
import {
  AuthorityRefused,
  AuthorityUnavailable,
  type CertificateRequest,
  type CertificationAuthority,
  type IssuedCertificate,
  type RenewalOrder,
  type SignatureClaim,
  type SignatureVerdict,
} from './authority.ts'
import { thirdPartyCalls, type ThirdPartyAccess } from './third-party-calls.ts'

type Options = ThirdPartyAccess & {
  /** Issuing certificate first, root last, as they were handed over when the contract was made. */
  readonly anchors: readonly Certificate[]
  readonly clock: Clock
}
type Verdict = SignatureVerdict['status']

const letters: Readonly<Record<string, 'good' | 'revoked' | 'suspended'>> = {
  V: 'good',
  R: 'revoked',
  H: 'suspended',
}
const unanswered = (why: string) => new AuthorityUnavailable(`an answer that cannot be trusted: ${why}`)

/**
 * Example of an adapter to another CA (B-7.3.1.1): its answers are not signed as a whole, so that only what the CA itself
 * signed counts. A certificate says whose it is in its subject; OCSP says how it stands; its signature is checked here.
 */
export function createThirdPartyAuthority(options: Options): CertificationAuthority {
  const { anchors, clock } = options
  const call = thirdPartyCalls(options)
  const desk = createDesk(options)

  return {
    anchors: () => Promise.resolve(anchors.map(({ raw }) => raw)),
    statusAnswer: (question) => call.status(question),
    async issueServer(csr, purpose) {
      const requestId = bytesToHex(sm3(csr)).slice(0, 40)
      const pem = await call.post('/enrolments', { 'x-request-id': requestId, 'x-server': purpose }, csr)
      const [certificate, chain] = desk.received(pem, csr)
      return [certificate.raw, ...chain.map(({ raw }) => raw)]
    },
    issueCustomer: (request) => desk.enrol(request),
    renew: (order) => desk.renew(order),
    async installed({ serial }) {
      await call.post(`/certificates/${serial}/activate`)
    },
    async suspend({ serial }) {
      await call.post(`/certificates/${serial}/hold`)
    },
    async resume({ serial }) {
      await call.post(`/certificates/${serial}/release`)
    },
    async revoke({ serial, crlReason }) {
      try {
        return (
          letters[await call.post(`/certificates/${serial}/revoke`, {}, `reason=${crlReason}`)] ?? 'unknown'
        )
      } catch (error) {
        if (error instanceof AuthorityRefused && error.code === 'not-found') return 'unknown'
        throw error
      }
    },
    async verifySignature(claim) {
      const certificate = await desk.certificateOf(claim.serial)
      if (!certificate) return { valid: false, status: 'unknown', nearExpiry: false }
      const status = await verdictOn(certificate, claim, () => desk.stateOf(certificate))
      const leftMs = certificate.notAfterMs - clock.nowMs()
      const nearExpiry = leftMs > 0 && leftMs <= policy.certificate.nearExpiryMs
      return { valid: status === 'good', status, nearExpiry }
    },
  }
}

const belongsTo = ({ subject }: Certificate, owner: { accountId: string; terminalId: string }): boolean =>
  nameValue(subject, 'UID') === owner.accountId && nameValue(subject, 'CN') === owner.terminalId

async function verdictOn(
  certificate: Certificate,
  claim: SignatureClaim,
  state: () => Promise<Verdict>,
): Promise<Verdict> {
  if (!belongsTo(certificate, claim)) return 'mismatch'
  const found = await state()
  if (found !== 'good') return found
  // A key certified for something else never speaks for its holder (B-7.3.2.1-1).
  if (!certificate.keyUsage?.includes('digitalSignature')) return 'mismatch'
  return sm2Verify(certificate.publicKey, claim.message, claim.signature) ? 'good' : 'bad-signature'
}

const inWords = (verdict: OcspVerdict): Verdict => {
  if (verdict.status === 'good') return 'good'
  if (verdict.status !== 'revoked') return 'unknown'
  return verdict.reason === 'certificateHold' ? 'suspended' : 'revoked'
}

/** What of its answers is believed. */
function createTrust({ anchors, clock }: Pick<Options, 'anchors' | 'clock'>) {
  const [issuing, root] = anchors
  if (!issuing || !root) throw new TypeError('an issuing and a root certificate are needed')
  const holds = (leaf: Certificate): ReturnType<typeof validateChain> =>
    validateChain({ leaf, intermediates: [issuing], anchors: [root], atMs: clock.nowMs(), usage: {} })

  /** The first certificate of an answer; it must be for this very key, and come from this CA. */
  function received(pem: string, csr: Uint8Array): [Certificate, Certificate[]] {
    const [certificate, ...chain] = readChain(pem)
    if (!certificate) throw unanswered('no certificate')
    const result = holds(certificate)
    if (!result.ok) throw unanswered(result.detail)
    if (!equalBytes(certificate.publicKey.bytes, parseCsr(csr).publicKey.bytes))
      throw unanswered('another key')
    // The root is an anchor, nobody takes it from an answer.
    return [certificate, chain.filter(({ selfIssued }) => !selfIssued)]
  }
  return { issuing, holds, received }
}

/** What is asked of the CA. */
function createDesk(options: Options) {
  const { clock } = options
  const { issuing, holds, received } = createTrust(options)
  const call = thirdPartyCalls(options)
  /** Certificates never change, their states do: only the former are kept. */
  const known = new Map<string, Certificate>()

  async function enrolled(
    order: { idempotencyKey: string; csr: Uint8Array },
    headers: Record<string, string>,
  ): Promise<IssuedCertificate> {
    const pem = await call.post(
      '/enrolments',
      { 'x-request-id': order.idempotencyKey, ...headers },
      order.csr,
    )
    const [certificate, chain] = received(pem, order.csr)
    const named = { accountId: headers['x-subscriber'] ?? '', terminalId: headers['x-device'] ?? '' }
    if (!belongsTo(certificate, named)) throw unanswered('another subject')
    const { raw, serialHex: serial, notAfterMs } = certificate
    return { certificate: raw, chain: chain.map((one) => one.raw), serial, notAfterMs }
  }

  async function certificateOf(serial: string): Promise<Certificate | undefined> {
    const kept = known.get(serial)
    if (kept) return kept
    const pem = await call.get(`/certificates/${serial}`)
    const [certificate] = pem === undefined ? [] : readChain(pem)
    if (certificate?.serialHex !== serial) return undefined
    const result = holds(certificate)
    // What has expired is still the CA's; anything else is not believed.
    if (!result.ok && result.rule !== 'expired') throw unanswered(result.detail)
    if (known.size >= 10_000) known.clear()
    known.set(serial, certificate)
    return certificate
  }

  return {
    received,
    certificateOf,
    enrol: (request: CertificateRequest) =>
      enrolled(request, { 'x-subscriber': request.accountId, 'x-device': request.terminalId }),
    async renew(order: RenewalOrder): Promise<IssuedCertificate> {
      const before = await certificateOf(order.serial)
      if (!before) throw new AuthorityRefused('not-found')
      const [account = '', device = ''] = [nameValue(before.subject, 'UID'), nameValue(before.subject, 'CN')]
      return enrolled(order, { 'x-subscriber': account, 'x-device': device, 'x-replaces': order.serial })
    },
    /** By a fresh answer to a question with a nonce, so that nobody can play an older one. */
    async stateOf(certificate: Certificate): Promise<Verdict> {
      const nonce = randomBytes(16)
      const certIds = [certIdOf(issuing, certificate.serial)]
      const response = await call.status(createOcspRequest({ certIds, nonce }))
      const state = inWords(
        verifiedAnswer({ response, certificate, issuer: issuing, atMs: clock.nowMs(), nonce }),
      )
      return state === 'good' && certificate.notAfterMs < clock.nowMs() ? 'expired' : state
    },
  }
}

function verifiedAnswer(check: Parameters<typeof verifyOcspResponse>[0]): OcspVerdict {
  try {
    return verifyOcspResponse(check)
  } catch (error) {
    if (error instanceof ParseError) throw unanswered(error.message)
    throw error
  }
}

function readChain(pem: string): Certificate[] {
  try {
    return parsePem(pem)
      .filter(({ label }) => label === 'CERTIFICATE')
      .map(({ bytes }) => parseCertificate(bytes))
  } catch (error) {
    if (error instanceof ParseError) throw unanswered(error.message)
    throw error
  }
}
