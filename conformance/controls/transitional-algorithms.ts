import { createSign } from 'node:crypto'
import { staffDecide, staffProfiles, staffPropose, staffTransition, type OutputOf } from '@anqu/contract'
import { base64ToBytes, bytesToBase64, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { OID_SM2_WITH_SM3, OID_SM3, parseCertificate, transitionalAlgorithms } from '@anqu/pki'
import { ServiceRefused, uuidv7 } from '@anqu/platform'
import { z } from 'zod'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import { AuthorityCaller, newOwner, type Owner } from '../system/authority-caller.ts'
import { ecdsaKeys, foreignCsr, rsaKeys, type ForeignKeys } from '../system/foreign-signature.ts'
import type { LiveSystem } from '../system/live-system.ts'

type Parameters = OutputOf<typeof staffProfiles>['profiles'][number]['parameters']

const dayMs = 86_400_000
const message = utf8ToBytes('transfer 120.00')
const sha256 = '2.16.840.1.101.3.4.2.1'
const ecdsa = '1.2.840.10045.4.3.2'
const rsa = '1.2.840.113549.1.1.11'

/** Each kind a profile may name, with what it signs by. */
const kinds = {
  'rsa-3072': { make: () => rsaKeys(3072), oid: rsa },
  'ecdsa-p256': { make: () => ecdsaKeys('prime256v1'), oid: ecdsa },
  'ecdsa-p384': { make: () => ecdsaKeys('secp384r1'), oid: ecdsa },
  'ecdsa-p521': { make: () => ecdsaKeys('secp521r1'), oid: ecdsa },
} as const

/** Kinds no profile can name. */
const never = {
  'RSA 1024': () => rsaKeys(1024),
  'RSA 2048': () => rsaKeys(2048),
  secp256k1: () => ecdsaKeys('secp256k1'),
  'P-192': () => ecdsaKeys('prime192v1'),
}

type Holder = { readonly owner: Owner; readonly keys: ForeignKeys; readonly serial: string }

async function issue(caller: AuthorityCaller, keys: ForeignKeys): Promise<Holder | string> {
  const owner = newOwner()
  const order = {
    ...owner,
    idempotencyKey: `conformance:${uuidv7()}`,
    csr: bytesToBase64(foreignCsr([{ type: 'CN', value: owner.terminalId }], keys)),
    holder: owner.accountId,
    correlationId: uuidv7(),
  }
  const answer = z.object({ certificate: z.string() }).loose()
  return caller.call('/v1/certificates', order, answer).then(
    ({ certificate }) => ({ owner, keys, serial: parseCertificate(base64ToBytes(certificate)).serialHex }),
    (error: unknown) => (error instanceof ServiceRefused ? error.code : String(error)),
  )
}

async function verdict(
  caller: AuthorityCaller,
  { owner, keys, serial }: Holder,
  { oid, digest = sha256, tamper = 0 }: { oid: string; digest?: string; tamper?: number },
): Promise<string> {
  const signature = new Uint8Array(createSign(keys.hash).update(message).sign(keys.privateKey))
  signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ tamper
  const claim = {
    ...owner,
    serial,
    message: bytesToBase64(message),
    signatureAlgorithm: oid,
    digestAlgorithm: digest,
    signature: bytesToBase64(signature),
    correlationId: uuidv7(),
  }
  const answer = z.object({ status: z.string() }).loose()
  return (await caller.call('/v1/certificates/verify-signature', claim, answer)).status
}

/** Two members of staff change what the profile of customers' signing certificates allows. */
async function allow(system: LiveSystem, transitional: Parameters['transitional']): Promise<void> {
  const [operator, administrator] = [await system.fixtures.operator(), await system.fixtures.administrator()]
  const { profiles } = await operator.call(staffProfiles, {})
  const found = profiles.find(({ name }) => name === 'customer-signing')
  if (found === undefined) throw new Error('there is no such profile')
  const { transitional: _, ...rest } = found.parameters
  const parameters = { ...rest, ...(transitional && { transitional }) }
  const { proposal } = await operator.call(staffPropose, {
    action: { kind: 'change-profile', name: 'customer-signing', parameters },
  })
  const { proposalId, digest } = proposal
  await administrator.call(staffDecide, { proposalId, digest, decision: 'approve' })
}

const everyKind = (untilMs: number): Parameters['transitional'] =>
  transitionalAlgorithms.map((algorithm) => ({ algorithm, untilMs, owner: 'conformance' }))

/** Certificates for every kind that may be named, and none for what may not. */
async function issueAll(
  caller: AuthorityCaller,
  evidence: Evidence,
): Promise<Map<keyof typeof kinds, Holder>> {
  const holders = new Map<keyof typeof kinds, Holder>()
  for (const algorithm of transitionalAlgorithms) {
    const holder = await issue(caller, kinds[algorithm].make())
    evidence.holds(`许可期内为${algorithm}密钥签发证书`, typeof holder !== 'string', {
      met: typeof holder === 'string' ? holder : 'issued',
    })
    if (typeof holder !== 'string') holders.set(algorithm, holder)
  }
  for (const [name, make] of Object.entries(never)) {
    const met = await issue(caller, make())
    evidence.holds(`${name}即使在许可期内也不签发`, met === 'not-issued', {
      met: typeof met === 'string' ? met : 'issued',
    })
  }
  return holders
}

async function verifyAll(
  caller: AuthorityCaller,
  evidence: Evidence,
  holders: ReadonlyMap<keyof typeof kinds, Holder>,
): Promise<void> {
  for (const [algorithm, holder] of holders) {
    const { oid } = kinds[algorithm]
    const met = [
      await verdict(caller, holder, { oid }),
      await verdict(caller, holder, { oid, tamper: 1 }),
      await verdict(caller, holder, { oid, digest: '1.3.14.3.2.26' }),
      await verdict(caller, holder, { oid: OID_SM2_WITH_SM3, digest: OID_SM3 }),
    ]
    evidence.holds(
      `许可期内${algorithm}签名通过，改动一位不通过，标为SHA-1或国密算法不予计算`,
      met.join() === 'good,bad-signature,algorithm,algorithm',
      { met },
    )
  }
}

/** What the report tells staff of the certificates of this business system. */
async function reported(system: LiveSystem, evidence: Evidence, open: boolean): Promise<void> {
  const { allowed, inUse } = await (await system.fixtures.operator()).call(staffTransition, {})
  const named = allowed.filter((entry) => entry.open === open && entry.owner === 'conformance')
  const used = inUse.filter(({ certificates, signatures }) => certificates > 0 && signatures > 0)
  evidence.holds(
    '迁移报告逐个列出许可的算法、期限与责任人，以及仍在使用的证书与验签次数',
    transitionalAlgorithms.every(
      (algorithm) =>
        named.some((entry) => entry.algorithm === algorithm) &&
        used.some((entry) => entry.algorithm === algorithm),
    ),
    { allowed: named.length, inUse: used.length, open },
  )
}

export const transitionalAlgorithmControls: readonly Control[] = [
  control({
    id: 'transitional-algorithms.by-name-and-time',
    title: {
      zh: '默认拒绝RSA与ECDSA签名；两人逐个列名许可、限期使用，并列入迁移报告',
      en: 'RSA and ECDSA signatures are refused unless two officers name them for a time; a report lists what still uses them',
    },
    clauses: ['A-9.5-5', 'A-9.5-6'],
    async check(system, evidence) {
      const caller = await AuthorityCaller.enrol(system)
      const refused = []
      for (const { make } of Object.values(kinds)) refused.push(await issue(caller, make()))
      evidence.holds(
        '默认不为RSA与ECDSA密钥签发证书',
        refused.every((met) => met === 'not-issued'),
        { refused: refused.length },
      )
      const nowMs = system.clock.nowMs()
      try {
        await allow(system, everyKind(nowMs + 90 * dayMs))
        const holders = await issueAll(caller, evidence)
        await verifyAll(caller, evidence, holders)
        await reported(system, evidence, true)
        await allow(system, everyKind(nowMs - dayMs))
        const late = []
        for (const [algorithm, holder] of holders)
          late.push(await verdict(caller, holder, { oid: kinds[algorithm].oid }))
        evidence.holds(
          '期限一过，已签发的证书也不再验签，不予计算',
          late.every((met) => met === 'algorithm'),
          {
            late,
          },
        )
        const again = await issue(caller, ecdsaKeys('prime256v1'))
        evidence.holds('期限一过，不再签发', again === 'not-issued')
        await reported(system, evidence, false)
      } finally {
        await system.undisturbed(() => allow(system, undefined))
      }
      const own = Sm2PrivateKey.generate()
      const owner = newOwner()
      const { serialHex } = await caller.issue(own, { owner })
      const claim = {
        ...owner,
        serial: serialHex,
        message: bytesToBase64(message),
        signatureAlgorithm: OID_SM2_WITH_SM3,
        digestAlgorithm: OID_SM3,
        signature: bytesToBase64(sm2Sign(own, message)),
        correlationId: uuidv7(),
      }
      const { status } = await caller.call(
        '/v1/certificates/verify-signature',
        claim,
        z.object({ status: z.string() }).loose(),
      )
      evidence.holds('国密算法始终可用', status === 'good', { status })
    },
  }),
]
