import {
  exportEncryptedPkcs8,
  importEncryptedPkcs8,
  randomPassword,
  sm3,
  Sm2PrivateKey,
  type SecretBytes,
} from '@anqu/gm-crypto'
import { bytesToHex } from '@anqu/encoding'
import {
  buildCertificate,
  parseCertificate,
  privateKeySigner,
  randomSerial,
  type ExtensionRequest,
  type Name,
} from '@anqu/pki'
import type { Clock } from '@anqu/platform'
import { financialPolicy } from '../profiles/profiles.ts'
import { publicPaths } from '../publication/shards.ts'
import type { AuthorityKey, KeyFolder } from './key-folder.ts'
import { makeRootList } from './root-list.ts'
import { joinShares, newPassphrase, shareFingerprint, type RootShare } from './root-shares.ts'
import { fingerprintOf, signRecord, type CeremonyRecord } from './transcript.ts'

export type CeremonyPlan = {
  readonly mode: CeremonyRecord['mode']
  readonly place: string
  readonly witnesses: readonly string[]
  readonly custodians: readonly string[]
  /** How many of the custodians it takes to use the root key. */
  readonly threshold: number
  /** Where relying parties will reach the CA; it stands in the issuing certificate. */
  readonly publicUrl: string
}

type Place = {
  /** Keys the CA works with. */
  readonly online: KeyFolder
  /** The root key's own; taken away after the ceremony. */
  readonly offline: KeyFolder
  readonly kek: SecretBytes
  readonly clock: Clock
}

const yearMs = 365 * 86_400_000
const rootYears = 20
const issuingYears = 10
const serviceYears = 5
const backdatedMs = 60_000
const name = (common: string): Name => [
  { type: 'C', value: 'CN' },
  { type: 'O', value: 'Anqu' },
  { type: 'CN', value: common },
]

/**
 * Makes root and issuing CA. The root signs the issuing certificate, its first list and the record of all this, and is then
 * sealed under a passphrase that exists in shares only. Each share is handed to `give` once, before anything depends on it;
 * the service certificate is written last, with it the ceremony is complete.
 */
export async function holdCeremony(
  place: Place,
  plan: CeremonyPlan,
  give: (share: RootShare) => Promise<void>,
): Promise<readonly RootShare[]> {
  assertPlan(plan)
  const { clock, online, kek } = place
  const steps: CeremonyRecord['steps'] = []
  const done = (what: string): unknown => steps.push({ atMs: clock.nowMs(), what })
  const keys = await makeKeys(plan, clock.nowMs(), done)
  const { root, issuing, service } = keys
  const shares = await sealRoot(place, plan, { root, give, done })
  await online.write('root.cer', root.certificate.raw)
  const list = { nowMs: clock.nowMs(), number: 1n, revoked: [], publicUrl: plan.publicUrl }
  await online.write('root.crl', await makeRootList(root, list))
  done('first list of the root signed: no entry')
  await online.writeKey('issuing', issuing, kek)
  await online.write('ceremony.json', signRecord(recordOf(plan, keys, { shares, steps }), root.key))
  root.key.wipe()
  await online.writeKey('service', service, kek)
  return shares
}

type Sealing = {
  readonly root: AuthorityKey
  readonly give: (share: RootShare) => Promise<void>
  readonly done: (what: string) => unknown
}

async function sealRoot(
  { offline }: Place,
  { custodians, threshold }: CeremonyPlan,
  { root, give, done }: Sealing,
): Promise<RootShare[]> {
  const set = fingerprintOf(root.certificate).slice(0, 16)
  const { passphrase, shares } = await newPassphrase(custodians, threshold, set)
  done(`passphrase split into ${shares.length} shares, any ${threshold} of which open the root key`)
  const sealed = exportEncryptedPkcs8(root.key, passphrase, randomPassword)
  passphrase.wipe()
  await tryShares(sealed, root, { shares, threshold })
  done('root key opened with every custodian’s share in turn')
  for (const share of shares) await give(share)
  done('shares handed to their custodians')
  await offline.write('root.p8', sealed)
  done(`sealed root key written, SM3 ${bytesToHex(sm3(sealed))}`)
  return shares
}

function assertPlan({ custodians, threshold }: CeremonyPlan): void {
  if (new Set(custodians).size !== custodians.length) throw new RangeError('a custodian was named twice')
  if (!Number.isInteger(threshold) || threshold < 2 || threshold > custodians.length)
    throw new RangeError('the threshold is at least 2 and at most the number of custodians')
}

type Keys = { root: AuthorityKey; issuing: AuthorityKey; service: AuthorityKey }

async function makeKeys(
  { publicUrl }: CeremonyPlan,
  nowMs: number,
  done: (what: string) => unknown,
): Promise<Keys> {
  const root = await makeKey('self', nowMs, {
    common: 'Anqu Root CA',
    years: rootYears,
    extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] },
  })
  done(`root key pair made, certificate ${fingerprintOf(root.certificate)}`)
  const issuing = await makeKey(root, nowMs, {
    common: 'Anqu Issuing CA 1',
    years: issuingYears,
    extensions: {
      basicConstraints: { ca: true, pathLength: 0 },
      keyUsage: ['keyCertSign', 'cRLSign'],
      // B-7.3.2.2-6: a policy holds for a chain only when its issuers carry it too.
      policies: [financialPolicy],
      crlUrls: [publicUrl + publicPaths.rootList],
      caIssuerUrls: [publicUrl + publicPaths.root],
    },
  })
  done(`issuing key pair made, certificate ${fingerprintOf(issuing.certificate)}`)
  const service = await makeKey(issuing, nowMs, {
    common: 'Anqu CA Service',
    years: serviceYears,
    extensions: { basicConstraints: { ca: false }, keyUsage: ['digitalSignature'] },
  })
  return { root, issuing, service }
}

type Subject = { readonly common: string; readonly years: number; readonly extensions: ExtensionRequest }

async function makeKey(
  issuer: AuthorityKey | 'self',
  nowMs: number,
  { common, years, extensions }: Subject,
): Promise<AuthorityKey> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: name(common),
    publicKey: key.publicKey,
    notBeforeMs: nowMs - backdatedMs,
    notAfterMs: nowMs + years * yearMs,
    extensions,
    issuer: issuer === 'self' ? 'self' : issuer.certificate,
    signer: privateKeySigner(issuer === 'self' ? key : issuer.key),
  })
  return { key, certificate: parseCertificate(der) }
}

/** Every share has opened the key once before the passphrase is gone for good. */
async function tryShares(
  sealed: Uint8Array,
  root: AuthorityKey,
  { shares, threshold }: { shares: readonly RootShare[]; threshold: number },
): Promise<void> {
  for (const index of shares.keys()) {
    const some = Array.from({ length: threshold }, (_none, step) => shares[(index + step) % shares.length])
    const passphrase = await joinShares(some.filter((share) => share !== undefined))
    const opened = importEncryptedPkcs8(sealed, passphrase)
    passphrase.wipe()
    if (!opened.publicKey.equals(root.key.publicKey)) throw new Error('the shares do not open the root key')
    opened.wipe()
  }
}

const recordOf = (
  plan: CeremonyPlan,
  { root, issuing, service }: Keys,
  { shares, steps }: { shares: readonly RootShare[]; steps: CeremonyRecord['steps'] },
): CeremonyRecord => ({
  mode: plan.mode,
  place: plan.place,
  witnesses: [...plan.witnesses],
  threshold: plan.threshold,
  custodians: shares.map((share) => ({ name: share.custodian, shareFingerprint: shareFingerprint(share) })),
  certificates: {
    root: fingerprintOf(root.certificate),
    issuing: fingerprintOf(issuing.certificate),
    service: fingerprintOf(service.certificate),
  },
  steps,
})
