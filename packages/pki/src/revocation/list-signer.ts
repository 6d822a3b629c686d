import { equalBytes } from '@anqu/encoding'
import type { AlgorithmPolicy } from '../algorithm-policy.ts'
import type { Certificate } from '../certificate/certificate.ts'
import { buildPath } from '../path/validate-chain.ts'
import { signedBy, type Checking } from '../signature-check.ts'
import type { Crl } from './crl.ts'
import type { ListQuestion } from './list-for-certificate.ts'

type Question = ListQuestion & { readonly algorithms?: Pick<AlgorithmPolicy, 'transitional'> }

export type Signer =
  /** `issuer` is set for a signer other than the issuer of the certificate: who certified it. */
  | { readonly ok: true; readonly signer: Certificate; readonly issuer?: Certificate }
  | { readonly ok: false; readonly detail: string }

/** Who signed a list that was met before: the hash over fifty megabytes is worth doing once. */
const knownSigners = new WeakMap<Crl, Certificate>()

/** The certificate whose key signed the list and that may do so (RFC 5280 section 6.3.3 (f) and (g)). */
export function* verifiedSigner(crl: Crl, question: Question): Checking<Signer> {
  const { issuer, signers } = question
  let detail = `the signer of ${crl} is not known`
  if (crl.issuerKey === issuer.subjectKey) {
    const problem = problemWithIssuer(crl, issuer) ?? (yield* problemWithSignature(crl, issuer, question))
    if (problem === undefined) return { ok: true, signer: issuer }
    detail = problem
  }
  for (const signer of signers?.certificates ?? []) {
    if (signer.subjectKey !== crl.issuerKey || signer === issuer) continue
    const certifier = yield* certifierOf(signer, question)
    if (typeof certifier === 'string') {
      detail = certifier
      continue
    }
    const problem = problemWithKeyId(crl, signer) ?? (yield* problemWithSignature(crl, signer, question))
    if (problem === undefined) return { ok: true, signer, issuer: certifier }
    detail = problem
  }
  return { ok: false, detail }
}

function problemWithIssuer(crl: Crl, issuer: Certificate): string | undefined {
  const { keyUsage, basicConstraints } = issuer.extensions
  if (keyUsage && !keyUsage.includes('cRLSign')) return `${issuer} may not sign lists`
  if (!basicConstraints?.ca) return `${issuer} is not a CA`
  return problemWithKeyId(crl, issuer)
}

function problemWithKeyId(crl: Crl, signer: Certificate): string | undefined {
  const { subjectKeyId } = signer.extensions
  const other = crl.authorityKeyId && subjectKeyId && !equalBytes(crl.authorityKeyId, subjectKeyId)
  return other ? `${crl} names another key` : undefined
}

function* problemWithSignature(
  crl: Crl,
  signer: Certificate,
  { algorithms }: Question,
): Checking<string | undefined> {
  if (knownSigners.get(crl) === signer) return undefined
  if (!(yield* signedBy(crl, signer, algorithms))) return `the signature of ${crl} is wrong`
  knownSigners.set(crl, signer)
  return undefined
}

/** Who certified a signer of its own: its path must end at the same anchor. A text tells why there is none. */
function* certifierOf(signer: Certificate, question: Question): Checking<Certificate | string> {
  const { signers, atMs, algorithms } = question
  if (!signers) return `there is no anchor for ${signer}`
  if (equalBytes(signer.raw, signers.anchor.raw)) return signer
  const chain = yield* buildPath({
    leaf: signer,
    intermediates: signers.certificates,
    anchors: [signers.anchor],
    atMs,
    usage: { keyUsage: ['cRLSign'] },
    ...(algorithms ? { algorithms } : {}),
  })
  return chain.ok ? (chain.path[1] ?? signer) : `${chain.certificate}: ${chain.detail} (${chain.source})`
}
