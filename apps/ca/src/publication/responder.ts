import { bytesToHex, ParseError } from '@anqu/encoding'
import {
  buildOcspError,
  certIdOf,
  parseOcspRequest,
  type Certificate,
  type CertId,
  type OcspRequest,
} from '@anqu/pki'
import type { Clock, Db } from '@anqu/platform'
import type { AuthorityKey } from '../keys/authority-keys.ts'
import { AnswerCache } from './answer-cache.ts'
import { Recent } from '../recent.ts'
import { createAnswerSigner, type SignedAnswer } from './sign-answer.ts'

export type StatusAnswer = {
  readonly der: Buffer
  /** Set on what others may keep too (RFC 5019 section 6). */
  readonly kept?: SignedAnswer
}

export type Responder = {
  /** The answer to a request. Never throws on what a stranger sends. */
  answer(request: Uint8Array): StatusAnswer | Promise<StatusAnswer>
  /** The same for the path of a GET, whose request `read` takes out of it. */
  answerPath(path: string, read: (path: string) => Uint8Array): StatusAnswer | Promise<StatusAnswer>
  /** The answer to the path of a GET when it lies ready. */
  ready(path: string): SignedAnswer | undefined
  /** Called when the state of a certificate changed: no answer made before is given again. */
  stateChanged(serial: string): void
  cachedAnswers(): number
}

const keptQuestions = 50_000

const failure = (error: Parameters<typeof buildOcspError>[0]): StatusAnswer => ({
  der: Buffer.from(buildOcspError(error)),
})
const malformed = failure('malformedRequest')
const notOurs = failure('unauthorized')

/**
 * The CA's OCSP responder. An answer about one certificate is signed once and given to everybody for half its life, unless
 * the state changes; a request with a nonce gets one of its own.
 */
export function createResponder(needs: {
  readonly db: Db
  readonly clock: Clock
  readonly issuing: Certificate
  readonly signer: () => AuthorityKey
}): Responder {
  const { clock } = needs
  const sign = createAnswerSigner(needs)
  const answers = new AnswerCache()
  // Requests without a nonce are the same bytes, and the same path, each time; what they ask for need not be read again.
  const questions = new Recent<string>(keptQuestions)
  const isOurs = issuedBy(needs.issuing)

  const give = (serial: string, request: OcspRequest): StatusAnswer | Promise<StatusAnswer> => {
    const current = answers.current(serial, clock.nowMs())
    return current ? keepable(current) : answers.make(serial, () => sign(request)).then(keepable)
  }
  const ask = (der: Uint8Array, question: string): StatusAnswer | Promise<StatusAnswer> => {
    const request = readRequest(der)
    if (request === undefined) return malformed
    const [first, ...more] = request.certIds
    if (first === undefined || !request.certIds.every(isOurs)) return notOurs
    if (request.nonce !== undefined || more.length > 0)
      return sign(request).then((answer) => ({ der: answer.der }))
    const serial = bytesToHex(first.serial)
    questions.set(question, serial)
    return give(serial, request)
  }
  const ready = (question: string): SignedAnswer | undefined => {
    const serial = questions.get(question)
    return serial === undefined ? undefined : answers.current(serial, clock.nowMs())
  }
  return {
    answer(der) {
      const question = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('latin1')
      const current = ready(question)
      return current ? keepable(current) : ask(der, question)
    },
    answerPath(path, read) {
      const current = ready(path)
      return current ? keepable(current) : ask(read(path), path)
    },
    ready,
    stateChanged: (serial) => answers.stateChanged(serial),
    cachedAnswers: () => answers.size,
  }
}

const keepable = (answer: SignedAnswer): StatusAnswer =>
  answer.known ? { der: answer.der, kept: answer } : { der: answer.der }

function issuedBy(issuer: Certificate): (id: CertId) => boolean {
  const ours = certIdOf(issuer, new Uint8Array(1))
  return ({ issuerNameHash, issuerKeyHash }) =>
    Buffer.compare(issuerNameHash, ours.issuerNameHash) === 0 &&
    Buffer.compare(issuerKeyHash, ours.issuerKeyHash) === 0
}

function readRequest(der: Uint8Array): OcspRequest | undefined {
  try {
    return parseOcspRequest(der)
  } catch (error) {
    if (error instanceof ParseError) return undefined
    throw error
  }
}
