import {
  DER_SEQUENCE,
  derBits,
  derBoolean,
  derContextTag,
  derExplicit,
  derNull,
  derOctets,
  derOid,
  DerReader,
  derRaw,
  derSequence,
  encodeDer,
  type DerValue,
} from '@anqu/encoding'
import { Sm2PrivateKey, sm2SignatureToDer } from '@anqu/gm-crypto'
import {
  buildCertificate,
  parseCertificate,
  randomSerial,
  type Certificate,
  type ChainRule,
  type ExtensionRequest,
  type KeyUsage,
  type Name,
  type Signer,
} from '../index.ts'
import { signerOf } from './list-world.ts'
import { NOW_MS, YEAR_MS } from './test-chain.ts'

/** One certificate below the root of a case; the last one is the end entity. */
export interface PathLink {
  readonly name?: Name
  /** What it names as its issuer, where that is not the name above it. */
  readonly issuerName?: Name
  readonly notBeforeMs?: number
  readonly notAfterMs?: number
  /** The name of the certificate above it, with a key of its own. */
  readonly selfIssued?: boolean
  readonly ca?: boolean | 'unsaid'
  readonly pathLength?: number
  readonly keyUsage?: readonly KeyUsage[]
  readonly extensions?: Partial<ExtensionRequest>
  readonly wrongSignature?: boolean
  /** An extension nobody knows. */
  readonly unknown?: 'critical' | 'plain'
}

export interface PathCase {
  readonly name: string
  readonly links: readonly PathLink[]
  /** The rule that refuses it, `valid` when none does. */
  readonly verdict: 'valid' | ChainRule
}

export const country = { type: 'C', value: 'CN' } as const
const nameOf = (index: number, last: boolean): Name => [
  country,
  { type: 'CN', value: last ? 'end entity' : `CA ${index}` },
]

interface Issuer {
  readonly key: Sm2PrivateKey
  readonly certificate: Certificate
}

/** Root first in the result's anchor; `chain` runs down to the end entity. */
export async function pathOf(
  links: readonly PathLink[],
  id?: Uint8Array,
): Promise<{ readonly anchor: Certificate; readonly chain: readonly Certificate[] }> {
  const root = await issue({ name: [country, { type: 'CN', value: 'Path Root' }], ca: true }, undefined, id)
  const chain: Certificate[] = []
  let above = root
  for (const [index, link] of links.entries()) {
    const last = index === links.length - 1
    const name = link.selfIssued ? above.certificate.subject : (link.name ?? nameOf(index, last))
    above = await issue({ ca: !last, ...link, name }, above, id)
    chain.push(above.certificate)
  }
  return { anchor: root.certificate, chain }
}

function extensionsOf({ ca, pathLength, keyUsage, extensions }: PathLink): ExtensionRequest {
  return {
    ...(ca !== 'unsaid' && {
      basicConstraints: { ca: ca === true, ...(pathLength !== undefined && { pathLength }) },
    }),
    keyUsage: keyUsage ?? (ca ? ['keyCertSign', 'cRLSign'] : ['digitalSignature']),
    ...extensions,
  }
}

async function issue(
  link: PathLink & { readonly name: Name },
  by: Issuer | undefined,
  id: Uint8Array | undefined,
): Promise<Issuer> {
  const key = Sm2PrivateKey.generate()
  const signer = signerOf(by?.key ?? key, id)
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: link.name,
    publicKey: key.publicKey,
    notBeforeMs: link.notBeforeMs ?? NOW_MS - YEAR_MS,
    notAfterMs: link.notAfterMs ?? NOW_MS + YEAR_MS,
    extensions: extensionsOf(link),
    issuer: by ? await issuerNamed(by, link) : 'self',
    signer,
  })
  const changed = link.unknown ? await withUnknown(der, signer, link.unknown) : der
  const signed = link.wrongSignature ? changed.with(changed.length - 4, (changed.at(-4) ?? 0) ^ 1) : changed
  return { key, certificate: parseCertificate(signed) }
}

/** The same key under another name: what the certificate below it then names as its issuer. */
async function issuerNamed(
  { key, certificate }: Issuer,
  { issuerName, notAfterMs }: PathLink,
): Promise<Certificate> {
  const beyond = notAfterMs !== undefined && notAfterMs > certificate.notAfterMs
  if (!issuerName && !beyond) return certificate
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: issuerName ?? certificate.subject,
    publicKey: key.publicKey,
    notBeforeMs: certificate.notBeforeMs,
    notAfterMs: Math.max(notAfterMs ?? 0, certificate.notAfterMs),
    extensions: { basicConstraints: { ca: true } },
    issuer: 'self',
    signer: signerOf(key, undefined),
  })
  return parseCertificate(der)
}

async function withUnknown(der: Uint8Array, signer: Signer, kind: 'critical' | 'plain'): Promise<Uint8Array> {
  const whole = DerReader.over(der, 'certificate').sequence('certificate')
  const tbs = whole.enter(whole.element(DER_SEQUENCE, 'tbs'), 'tbs')
  const members: DerValue[] = []
  while (tbs.peek() !== derContextTag(3, 'constructed')) members.push(derRaw(tbs.any('member').raw))
  const list = tbs.constructed(derContextTag(3, 'constructed'), 'extensions').sequence('list')
  const items: DerValue[] = []
  while (!list.done) items.push(derRaw(list.any('item').raw))
  items.push(
    derSequence(
      derOid('2.25.7'),
      ...(kind === 'critical' ? [derBoolean(true)] : []),
      derOctets(encodeDer(derNull())),
    ),
  )
  const signed = encodeDer(derSequence(...members, derExplicit(3, derSequence(...items))))
  const signature = sm2SignatureToDer(await signer.sign(signed))
  return encodeDer(
    derSequence(derRaw(signed), derRaw(whole.element(DER_SEQUENCE, 'algorithm').raw), derBits(signature)),
  )
}
