import {
  encryptionCertificate,
  operationsConfirm,
  staffDecide,
  staffPropose,
  type OutputOf,
} from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { goodServerCertificate, MessageError } from '@anqu/message'
import { certIdOf, createOcspRequest, parseCertificate, type Certificate } from '@anqu/pki'
import { uuidv7 } from '@anqu/platform'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import { AuthorityCaller } from '../system/authority-caller.ts'
import type { Customer } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { flipped } from '../system/sealed.ts'
import { debits } from './operation-books.ts'

type Given = OutputOf<typeof encryptionCertificate>

const waitMs = 60_000
const dayMs = 86_400_000

const ask = (customer: Customer): Promise<Given> =>
  customer.app.call(encryptionCertificate, { correlationId: uuidv7() })

const leafOf = ({ chain: [leaf = ''] }: Given): Certificate => parseCertificate(base64ToBytes(leaf))

/** What the check of the SDK says: the certificate's serial, or why it is not used. */
function judged(
  system: LiveSystem,
  { chain }: Given,
  status: Uint8Array,
  atMs = system.clock.nowMs(),
): string {
  try {
    return goodServerCertificate(
      { anchors: system.anchors, serverName: 'anqu-channel-message' },
      { chain: chain.map((text) => base64ToBytes(text)), status, atMs, keyUsage: 'dataEncipherment' },
    ).serialHex
  } catch (error) {
    if (error instanceof MessageError) return `${error.code}: ${error.detail}`
    throw error
  }
}

/** Answers that prove nothing, or not this. */
async function refusesOthers(system: LiveSystem, evidence: Evidence, given: Given): Promise<void> {
  const status = base64ToBytes(given.status)
  const caller = await AuthorityCaller.enrol(system)
  const other = await caller.issue(Sm2PrivateKey.generate())
  const aboutOther = await system.http({
    url: other.extensions.ocspUrls?.[0] ?? '',
    method: 'POST',
    headers: { 'content-type': 'application/ocsp-request' },
    body: createOcspRequest({ certIds: [certIdOf(caller.issuer, other.serial)] }),
  })
  const met = {
    没有状态应答: judged(system, given, new Uint8Array(0)),
    应答改动一位: judged(system, given, flipped(status, -1)),
    他人证书的应答: judged(system, given, aboutOther.body),
    应答已过有效期: judged(system, given, status, system.clock.nowMs() + dayMs),
  }
  for (const [what, seen] of Object.entries(met))
    evidence.holds(`${what}：不用于加密`, seen.startsWith('message.untrusted-server: status'), { seen })
}

/** Two members of staff have the CA take a certificate of the server back. */
async function revoke(system: LiveSystem, serial: string): Promise<void> {
  const [operator, administrator] = [await system.fixtures.operator(), await system.fixtures.administrator()]
  const action = { kind: 'revoke', serial, reason: 'conformance', crlReason: 'keyCompromise' } as const
  const { proposal } = await operator.call(staffPropose, { action })
  const { proposalId, digest } = proposal
  await administrator.call(staffDecide, { proposalId, digest, decision: 'approve' })
}

/** What the server gives once it is no longer that certificate as good. */
async function changedFrom(system: LiveSystem, customer: Customer, serial: string): Promise<Given> {
  const untilMs = system.clock.nowMs() + waitMs
  for (;;) {
    const given = await ask(customer)
    const seen = judged(system, given, base64ToBytes(given.status))
    if (seen !== serial || system.clock.nowMs() > untilMs) return given
    await system.pause(400)
  }
}

async function replaced(system: LiveSystem, customer: Customer, serial: string): Promise<Given> {
  const untilMs = system.clock.nowMs() + waitMs
  for (;;) {
    const given = await ask(customer)
    if (leafOf(given).serialHex !== serial || system.clock.nowMs() > untilMs) return given
    await system.pause(1_000)
  }
}

const confirmations = ({ app }: Customer): number =>
  app.exchanges.filter(({ request }) => request.url.endsWith(operationsConfirm.path)).length

export const encryptionStatusControls: readonly Control[] = [
  control({
    id: 'encryption-status.revoked-server',
    title: {
      zh: '加密之前核验后台证书的状态：已吊销、过期或没有应答的一律不加密、不发送',
      en: 'The state of the certificate of the server is checked before anything is encrypted to it',
    },
    clauses: ['B-7.3.3.2-3', 'B-7.3.3.2-4'],
    shared: {
      'B-7.3.3.2-3': 'there the CA judges the recipient of an envelope, here the app judges the server',
      'B-7.3.3.2-4': 'there the CA judges the recipient of an envelope, here the app judges the server',
    },
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const given = await ask(customer)
      const { serialHex } = leafOf(given)
      const good = judged(system, given, base64ToBytes(given.status))
      evidence.holds('证书与其状态应答一并下发，验证通过', good === serialHex, { seen: good })
      const again = await ask(customer)
      evidence.holds('同一应答在有效期内供所有请求使用', again.status === given.status)
      await refusesOthers(system, evidence, given)
      const challenged = await customer.challenged()
      await revoke(system, serialHex)
      const after = await changedFrom(system, customer, serialHex)
      const seen = judged(system, after, base64ToBytes(after.status))
      if (leafOf(after).serialHex === serialHex) {
        evidence.holds(
          '吊销之后，状态应答随即为已吊销',
          seen === 'message.untrusted-server: status: revoked',
          {
            seen,
          },
        )
        const before = confirmations(customer)
        const met = await customer.confirm(challenged).then(
          ({ state }) => state,
          (error: unknown) => (error instanceof MessageError ? error.code : String(error)),
        )
        const sent = confirmations(customer) - before
        evidence.holds('应用拒绝加密，没有发出交易数据', met === 'message.untrusted-server' && sent === 0, {
          met,
          sent,
        })
      } else evidence.note('后台已先行更换证书')
      const { operationId } = challenged.prepared.operation
      evidence.holds('没有扣款', (await debits(system, operationId)).length === 0)
      const renewed = await replaced(system, customer, serialHex)
      const next = judged(system, renewed, base64ToBytes(renewed.status))
      evidence.holds('后台换用新证书，验证通过', next === leafOf(renewed).serialHex && next !== serialHex)
      const { state } = await customer.settled(await customer.confirm(challenged))
      evidence.holds('以新证书加密，同一笔交易完成', state === 'done', { state })
    },
  }),
]
