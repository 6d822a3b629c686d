import type { Certificate } from '../certificate/certificate.ts'
import { nameKey } from '../name/name.ts'
import type { Crl } from './crl.ts'
import { pointKeys, type DistributionPoint, type PointName } from './distribution-point.ts'
import { scopeName } from './issuing-distribution-point.ts'

export interface ListQuestion {
  readonly certificate: Certificate
  /** The certificate that issued it: its key signs the lists, unless `signers` has another. */
  readonly issuer: Certificate
  readonly atMs: number
  /** Certificates of those who may sign lists with other keys; each must have a valid path to the same anchor. */
  readonly signers?: { readonly certificates: readonly Certificate[]; readonly anchor: Certificate }
}

/** Why a list does not speak for this certificate now (RFC 5280 section 6.3.3 (b)), undefined when it does. */
export function problemWithList(
  crl: Crl,
  point: DistributionPoint,
  question: ListQuestion,
): string | undefined {
  const { certificate, atMs } = question
  if (!isOfSigner(crl, point, certificate)) return `${crl} is of another issuer`
  if (!holdsKind(crl, certificate) || !isShard(crl, point, certificate)) return `${crl} is of another scope`
  if (atMs < crl.thisUpdateMs) return `${crl} is not valid yet`
  if (atMs > crl.nextUpdateMs) return `${crl} is out of date`
  return undefined
}

/** Section 6.3.3 (b)(1). */
function isOfSigner(crl: Crl, { crlIssuer }: DistributionPoint, certificate: Certificate): boolean {
  if (!crlIssuer) return crl.issuerKey === certificate.issuerKey
  const named = crlIssuer.some((name) => name.kind === 'directory' && nameKey(name.value) === crl.issuerKey)
  return named && crl.scope?.indirect === true
}

/** Section 6.3.3 (b)(2)(ii) to (iv). */
function holdsKind({ scope }: Crl, certificate: Certificate): boolean {
  if (!scope || scope.only === 'all') return true
  const isCa = certificate.extensions.basicConstraints?.ca === true
  return scope.only === (isCa ? 'authorities' : 'end-entities')
}

/** Section 6.3.3 (b)(2)(i): the list and the certificate name the same place. */
function isShard(crl: Crl, { name, crlIssuer }: DistributionPoint, certificate: Certificate): boolean {
  const ofList = crl.scope && scopeName(crl.scope)
  if (!ofList) return true
  const bySigner: PointName = {
    kind: 'full',
    names: crlIssuer ?? [{ kind: 'directory', value: certificate.issuer }],
  }
  const wanted = pointKeys(name ?? bySigner, crlIssuer ? crl.issuer : certificate.issuer)
  return pointKeys(ofList, crl.issuer).some((key) => wanted.includes(key))
}
