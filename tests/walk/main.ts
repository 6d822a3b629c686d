import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { readOrder, readReceipt } from '@anqu/client'
import { devicesList, insurancePolicies, operationsConfirm, staffAuditVerify } from '@anqu/contract'
import { base64ToBytes, derUnsigned, derSequence, encodeDer } from '@anqu/encoding'
import { startLiveSystem, Customer, type LiveSystem } from '@anqu/conformance/system'
import { opensslVersion, verifyLink, verifySignature, type Verdict } from './openssl.ts'

/**
 * The whole journey without a browser: start, insure, pay, prove. Prints each step with what went over the wire, and lets
 * OpenSSL judge the certificate and the signed order.
 */
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const count = { passed: 0, failed: 0, skipped: 0 }

function check(name: string, holds: boolean | Verdict): void {
  const ok = typeof holds === 'boolean' ? holds : holds.ok
  count[ok ? 'passed' : 'failed'] += 1
  say(
    `   ${ok ? '✓' : '✗'} ${name}${typeof holds === 'boolean' ? '' : ` — ${holds.says.split('\n').at(-1) ?? ''}`}`,
  )
}

class Walk {
  readonly system: LiveSystem
  readonly customer: Customer
  #seen = 0
  #step = 0

  constructor(system: LiveSystem, customer: Customer) {
    this.system = system
    this.customer = customer
  }

  /** Runs one step and prints the messages it sent, sealed as they travelled. */
  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    this.#step += 1
    say(`\n${String(this.#step).padStart(2)}. ${title}`)
    const result = await work()
    for (const { request, answer } of this.customer.app.exchanges.slice(this.#seen)) {
      const { pathname } = new URL(request.url)
      say(
        `   ${pathname.padEnd(46)} ${String(request.body?.length ?? 0).padStart(6)} B → ${String(answer.body.length).padStart(6)} B`,
      )
    }
    this.#seen = this.customer.app.exchanges.length
    return result
  }
}

/** r‖s as the DER that OpenSSL reads. */
const signatureDer = (raw: Uint8Array): Uint8Array =>
  encodeDer(derSequence(derUnsigned(raw.subarray(0, 32)), derUnsigned(raw.subarray(32))))

async function journey(walk: Walk): Promise<void> {
  const { customer, system } = walk
  await walk.step('读隐私政策，同意，实名注册 · privacy notice, consent, registration', () =>
    customer.register(),
  )
  const session = await walk.step('双因素登录 · log in with two factors', () => customer.login())
  check('the session shows masked values only', !JSON.stringify(session).includes(customer.person.phone))
  const device = await walk.step('绑定设备：SE 生成密钥，CA 签发证书 · bind the device', () =>
    customer.bind(),
  )
  check(
    `the binding ran its steps: ${customer.bindingSteps.join(' → ')}`,
    customer.bindingSteps.at(-1) === 'bound',
  )
  const { devices } = await customer.app.call(devicesList, {})
  check(
    'the device is listed as active',
    devices.some(({ deviceId, state }) => deviceId === device.deviceId && state === 'active'),
  )
  await walk.step('设置交易密码 · set the transaction password', () => customer.setTransactionPassword())
  const challenged = await walk.step(
    '投保，核对订单，交易密码，短信码，确认图片 · propose, second password, code, picture',
    () => customer.challenged(),
  )
  say(`   order: ${JSON.stringify(readOrder(challenged.prepared.order))}`)
  let signature = new Uint8Array(0)
  const operation = await walk.step('SE 签名并支付 · sign in the secure element and pay', async () => {
    const { app } = customer
    const call = app.call.bind(app)
    app.call = (route, input) => {
      if (route.name === operationsConfirm.name)
        signature = base64ToBytes(operationsConfirm.input.parse(input).signature.value).slice()
      return call(route, input)
    }
    return customer.settled(await customer.confirm(challenged))
  })
  check('the payment is done', operation.state === 'done')
  await prove(walk, { operation, signature, order: base64ToBytes(challenged.prepared.order) })
  const { policies } = await customer.app.call(insurancePolicies, { language: 'zh' })
  check(
    `the policy ${policies[0]?.policyNumber ?? '?'} is active`,
    policies.length === 1 && policies[0]?.state === 'active',
  )
  await audit(system, operation.operationId, device.bindingId)
}

type Paid = { operation: Awaited<ReturnType<Customer['settled']>>; signature: Uint8Array; order: Uint8Array }

async function prove(walk: Walk, { operation, signature, order }: Paid): Promise<void> {
  const { customer, system } = walk
  say('\n证明 · proof')
  const receipt =
    operation.receipt === null
      ? undefined
      : readReceipt(operation.receipt, {
          anchors: system.anchors,
          intermediates: [],
          atMs: system.clock.nowMs(),
        })
  check(
    `the receipt is signed by the server: ${JSON.stringify(receipt)}`,
    receipt?.['operationId'] === operation.operationId,
  )
  const version = await opensslVersion()
  if (version === undefined) {
    count.skipped += 3
    return say('   skipped: no OpenSSL 3 on this machine to judge certificate and order')
  }
  say(`   ${version}`)
  const certificate = await customer.app.element.readCertificate(customer.bound().certificateSerial)
  const [issuing, root] = system.anchors
  if (issuing === undefined || root === undefined) throw new Error('two anchors were expected')
  check('OpenSSL: customer certificate ← issuing CA', await verifyLink(certificate, issuing.raw))
  check('OpenSSL: issuing CA ← root', await verifyLink(issuing.raw, root.raw))
  check(
    'OpenSSL: signature over the order',
    await verifySignature(order, signatureDer(signature), certificate),
  )
}

async function audit(system: LiveSystem, operationId: string, bindingId: string): Promise<void> {
  say('\n审计 · audit')
  const staff = await system.fixtures.auditor()
  for (const [what, correlationId] of [
    ['binding', bindingId],
    ['payment', operationId],
  ] as const) {
    const records = await staff.records({ correlationId })
    say(
      `   ${what}: ${records
        .map(({ event }) => event)
        .toReversed()
        .join(' → ')}`,
    )
    check(`the console finds the whole story of the ${what}`, records.length >= 3)
  }
  const verdict = await staff.call(staffAuditVerify, {})
  check(
    `the audit chain verifies: ${verdict.records} records in ${verdict.durationMs} ms`,
    verdict.intact && verdict.pending === 0,
  )
}

const dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-walk-'))
const { system, stop } = await startLiveSystem(dataDir, say)
try {
  say(
    `system: ${Object.entries(system.addresses)
      .map(([name, address]) => `${name} ${address}`)
      .join(', ')}`,
  )
  await journey(new Walk(system, await system.fixtures.newcomer()))
} finally {
  await stop()
  await rm(dataDir, { recursive: true })
}
say(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 ? 0 : 1
