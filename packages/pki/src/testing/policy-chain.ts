import { Sm2PrivateKey, sm2Sign } from '@anqu/gm-crypto'
import {
  buildCertificate,
  parseCertificate,
  randomSerial,
  type Certificate,
  type ExtensionRequest,
  type Name,
} from '../index.ts'
import { NOW_MS, YEAR_MS, type Party } from './test-chain.ts'

/** What one certificate of a chain says about policies; the last link is the end entity. */
export interface PolicyLink {
  readonly policies?: readonly string[] | undefined
  readonly map?: readonly (readonly [issuer: string, subject: string])[] | undefined
  readonly requireExplicit?: number | undefined
  readonly inhibitMapping?: number | undefined
  readonly inhibitAny?: number | undefined
  /** Issued to the same name as the certificate above it. */
  readonly selfIssued?: boolean | undefined
}

function extensionsOf(link: PolicyLink, ca: boolean): ExtensionRequest {
  const { requireExplicit, inhibitMapping, inhibitAny } = link
  return {
    basicConstraints: { ca },
    keyUsage: ca ? ['keyCertSign'] : ['digitalSignature'],
    ...(link.policies && { policies: link.policies }),
    ...(link.map && {
      policyMappings: link.map.map(([issuerPolicy, subjectPolicy]) => ({ issuerPolicy, subjectPolicy })),
    }),
    ...((requireExplicit !== undefined || inhibitMapping !== undefined) && {
      policyConstraints: {
        ...(requireExplicit !== undefined && { requireExplicitPolicy: requireExplicit }),
        ...(inhibitMapping !== undefined && { inhibitPolicyMapping: inhibitMapping }),
      },
    }),
    ...(inhibitAny !== undefined && { inhibitAnyPolicy: inhibitAny }),
  }
}

/** Certificates below the root, the end entity last; signed under another identifier than the default one if asked for. */
export async function policyChain(
  root: Party,
  links: readonly PolicyLink[],
  id?: Uint8Array,
): Promise<Certificate[]> {
  const chain: Certificate[] = []
  let issuer = root
  for (const [index, link] of links.entries()) {
    const key = Sm2PrivateKey.generate()
    const signing = issuer.key
    const subject: Name =
      link.selfIssued === true
        ? issuer.certificate.subject
        : [{ type: 'CN', value: `link ${index} of ${links.length}` }]
    const der = await buildCertificate({
      serial: randomSerial(),
      subject,
      publicKey: key.publicKey,
      notBeforeMs: NOW_MS - YEAR_MS,
      notAfterMs: NOW_MS + YEAR_MS,
      extensions: extensionsOf(link, index < links.length - 1),
      issuer: issuer.certificate,
      signer: { publicKey: signing.publicKey, sign: (tbs) => sm2Sign(signing, tbs, id && { id }) },
    })
    issuer = { key, certificate: parseCertificate(der) }
    chain.push(issuer.certificate)
  }
  return chain
}
