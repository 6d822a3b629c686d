import { Sm2PrivateKey, sm2Verifier } from '@anqu/gm-crypto'
import {
  buildCertificate,
  parseCertificate,
  privateKeySigner,
  randomSerial,
  validateChain,
  type Certificate,
  type ExtensionRequest,
} from '@anqu/pki'
import { compare } from '../gm/measure.ts'
import type { Measured, Ratio } from './ratio.ts'

const atMs = Date.UTC(2026, 10, 21)
const policy = '2.25.1'
const warmUp = 2_000

async function certify(
  common: string,
  issuer: { key: Sm2PrivateKey; certificate: Certificate } | 'self',
  extensions: ExtensionRequest,
): Promise<{ key: Sm2PrivateKey; certificate: Certificate }> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [{ type: 'CN', value: common }],
    publicKey: key.publicKey,
    notBeforeMs: atMs - 1000,
    notAfterMs: atMs + 1000,
    extensions,
    issuer: issuer === 'self' ? 'self' : issuer.certificate,
    signer: privateKeySigner(issuer === 'self' ? key : issuer.key),
  })
  return { key, certificate: parseCertificate(der) }
}

/** A customer's chain as a server meets it: root, issuing CA, certificate; policy, usage and names asked for. */
export async function chainRow(): Promise<Ratio> {
  const ca: ExtensionRequest = { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] }
  const root = await certify('Root', 'self', ca)
  const issuing = await certify('Issuing', root, { ...ca, policies: [policy] })
  const leaf = await certify('Customer', issuing, {
    basicConstraints: { ca: false },
    keyUsage: ['digitalSignature', 'nonRepudiation'],
    policies: [policy],
  })
  const [byRoot, byIssuing] = [root, issuing].map(({ key }) => sm2Verifier(key.publicKey, { format: 'der' }))
  if (byRoot === undefined || byIssuing === undefined) throw new Error('no verifier')
  const chain = {
    leaf: leaf.certificate,
    intermediates: [issuing.certificate],
    anchors: [root.certificate],
    atMs,
    usage: { keyUsage: ['digitalSignature' as const], policy },
  }
  if (!validateChain(chain).ok) throw new Error('the chain does not hold')
  const validate = (): unknown => validateChain(chain)
  // Both sides are compiled and have their tables before the clock runs, as in a server after its first second.
  for (let run = 0; run < warmUp; run += 1) validate()
  const timings = compare([
    {
      name: 'bare',
      run: () =>
        byRoot(issuing.certificate.tbs, issuing.certificate.signature) &&
        byIssuing(leaf.certificate.tbs, leaf.certificate.signature),
    },
    { name: 'chain', run: validate },
  ])
  const measured = (name: string): Measured => {
    const micros = timings.find((timing) => timing.name === name)?.micros ?? Number.NaN
    return { perSecond: 1e6 / micros, cpuMicros: micros }
  }
  return {
    title: 'Chains validated: built, two signatures, times, names, usage, policy',
    unit: 'chains',
    floor: {
      name: 'bare: two signature checks with tables of the issuers’ keys',
      ...measured('bare'),
    },
    ours: { name: 'validateChain', ...measured('chain') },
    mark: 0.7,
  }
}
