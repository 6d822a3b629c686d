import {
  bindingProof,
  devicesCompleteBinding,
  devicesList,
  devicesRequestCertificate,
  sm2Signature,
} from '@anqu/contract'
import { paymentContainer } from '@anqu/client'
import { bytesToHex } from '@anqu/encoding'
import { createCsr, parseCertificate, parseCsr, privateKeySigner, validateChain, verifyCsr } from '@anqu/pki'
import { sql } from '@anqu/platform'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { SecureElementError } from '@anqu/secure-element'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import type { Customer } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'

type Registered = { serial: string; account_id: string; device_id: string; state: string }

const refusedRequest = ['certificate.refused', 'device.binding-failed', 'request.malformed']

/** The certificate comes first (B-6.2.2-1): before it neither the business system nor the card does anything else. */
async function nothingElseYet(customer: Customer, evidence: Evidence): Promise<string> {
  const { app, person } = customer
  const { proposalId } = await customer.propose()
  await evidence.refused('申请证书之前，业务系统不办理其他交易', () => customer.prepare(proposalId), [
    'device.not-bound',
  ])
  const met = await app.element.sign(paymentContainer, person.pin, new Uint8Array(32)).then(
    () => 'signed',
    (error: unknown) => (error instanceof SecureElementError ? error.code : String(error)),
  )
  evidence.holds('申请证书之前，安全单元不签名', met === 'se.certificate-missing', { met })
  return proposalId
}

async function issuedByAuthority(system: LiveSystem, serial: string, evidence: Evidence): Promise<void> {
  const events = await system.database.rows<{ event: string; outcome: string }>(
    'anqu_ca',
    sql`select event, outcome from ca_event where serial = ${serial}`,
  )
  evidence.holds(
    '第五、六步：业务系统核验后转送，认证系统签发',
    events.some(({ outcome }) => outcome === 'success'),
    { events: events.map(({ event }) => event) },
  )
}

export const bindingControls: readonly Control[] = [
  control({
    id: 'binding.certificate-application',
    title: { zh: '证书动态申请与安装的全部步骤', en: 'Every step of the dynamic certificate application' },
    clauses: [
      'B-6.2.2-1',
      'B-6.2.2-2',
      'B-6.2.2-2.s1',
      'B-6.2.2-2.s2',
      'B-6.2.2-2.s3',
      'B-6.2.2-2.s4',
      'B-6.2.2-2.s5',
      'B-6.2.2-2.s6',
      'B-6.2.2-2.s7',
      'B-6.2.2-2.s8',
      'B-6.2.2-2.s9',
      'B-5.4.1-2',
      'B-5.4.1-3',
      'B-5.4.1-3.s1',
      'B-5.4.1-3.s2',
      'B-5.4.1-3.s3',
      'B-5.4.1-3.s4',
      'B-5.4.1-3.s5',
      'B-5.4.1-3.s6',
      'B-5.4.1-3.s7',
      'B-5.4.1-3.s8',
      'B-5.4.1-3.s9',
      'B-5.4.1-3.s10',
      'B-5.4.1-3.s11',
      'B-6.2.1-2',
    ],
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const { app, person } = customer
      const begun = await customer.beginBinding()
      await customer.provision(begun.bindingId)
      await app.element.setPin(person.pin)
      evidence.holds('第一步：持有人发起并通过身份认证（会话与验证码）', begun.bindingId.length === 36)
      const publicKey = await app.element.generateKeyPair(paymentContainer, person.pin)
      const proposalId = await nothingElseYet(customer, evidence)
      const csrBytes = await app.element.createCsr(paymentContainer, begun.subject, person.pin)
      const csr = parseCsr(csrBytes)
      evidence.holds(
        '第二、三步：安全单元内部生成密钥对存入容器，返回证书请求',
        verifyCsr(csr) && csr.publicKey.equals(publicKey),
        {
          publicKey: bytesToHex(publicKey.bytes).slice(0, 16),
        },
      )
      const issued = await app.call(devicesRequestCertificate, {
        bindingId: begun.bindingId,
        csr: Buffer.from(csrBytes).toString('base64'),
      })
      evidence.holds(
        '第四步：客户端上送含公钥与用户信息的请求',
        csr.subject.length === begun.subject.length,
        { subject: csr.subject.map(({ type }) => type) },
      )
      const certificate = parseCertificate(Buffer.from(issued.certificate, 'base64'))
      await issuedByAuthority(system, certificate.serialHex, evidence)
      const verdict = validateChain({
        leaf: certificate,
        intermediates: issued.chain.map((text) => parseCertificate(Buffer.from(text, 'base64'))),
        anchors: system.anchors,
        atMs: system.clock.nowMs(),
        usage: 'digitalSignature',
      })
      evidence.holds(
        '第七步：证书下发，证书链到根，公钥即容器中的公钥',
        verdict.ok && certificate.publicKey.equals(publicKey),
      )
      await app.element.installCertificate(paymentContainer, Buffer.from(issued.certificate, 'base64'))
      const installed = await app.element.containerCertificate(paymentContainer)
      evidence.holds(
        '第八、九步：写入安全单元并与密钥对匹配',
        Buffer.from(installed).toString('base64') === issued.certificate,
      )
      const proof = await app.element.sign(
        paymentContainer,
        person.pin,
        bindingProof(begun.bindingId, certificate.serialHex),
      )
      const { deviceId } = await app.call(devicesCompleteBinding, {
        bindingId: begun.bindingId,
        certificateSerial: certificate.serialHex,
        proof: sm2Signature(proof),
      })
      evidence.holds('最后：安装成功得到确认', deviceId.length === 36)
      const { state } = (await customer.prepare(proposalId)).operation
      evidence.holds('此后方可办理交易', state === 'prepared', { state })
      const auditor = await system.fixtures.auditor()
      const story = await auditor.records({ correlationId: begun.bindingId })
      evidence.holds('各步骤在同一关联号下可查', story.length >= 3, {
        events: story.map(({ event }) => event).toReversed(),
      })
    },
  }),
  control({
    id: 'binding.refusals',
    title: { zh: '不合法的证书请求不予签发', en: 'An unlawful request gets no certificate' },
    clauses: ['B-5.4.1-3.s8'],
    shared: { 'B-5.4.1-3.s8': 'there a lawful request is served, here unlawful ones are refused' },
    async check(system, evidence) {
      const customer = await system.fixtures.freshLoggedIn()
      const begun = await customer.beginBinding()
      await customer.provision(begun.bindingId)
      const key = Sm2PrivateKey.generate()
      const csrOf = async (subject: typeof begun.subject) =>
        Buffer.from(await createCsr({ key: privateKeySigner(key), subject })).toString('base64')
      const send = (csr: string, bindingId = begun.bindingId) =>
        customer.app.call(devicesRequestCertificate, { bindingId, csr })
      await evidence.refused(
        '冒用他人名称的请求',
        async () => send(await csrOf([{ type: 'CN', value: 'somebody else' }])),
        refusedRequest,
      )
      const bytes = Buffer.from(await csrOf(begun.subject), 'base64')
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
      await evidence.refused('签名不符的请求', () => send(bytes.toString('base64')), refusedRequest)
      await evidence.refused(
        '不存在的绑定流程',
        async () => send(await csrOf(begun.subject), crypto.randomUUID()),
        refusedRequest,
      )
      const other = await system.fixtures.loggedIn()
      await evidence.refused(
        '他人的绑定流程',
        async () =>
          other.app.call(devicesRequestCertificate, {
            bindingId: begun.bindingId,
            csr: await csrOf(begun.subject),
          }),
        refusedRequest,
      )
      const good = await send(await csrOf(begun.subject))
      evidence.holds(
        '合法的请求得到证书，可据以核验对方身份',
        parseCertificate(Buffer.from(good.certificate, 'base64')).publicKey.equals(key.publicKey),
      )
    },
  }),
  control({
    id: 'binding.registered',
    title: {
      zh: '证书信息在后台登记并与账户、终端关联',
      en: 'The certificate is registered with account and terminal',
    },
    clauses: ['B-7.3.1.2-1', 'B-7.3.1.2-2', 'B-7.3.1.2-3', 'B-7.3.1.2-4', 'C-6.3.3-b-s2', 'B-7.3.2.1-1'],
    async check(system, evidence) {
      const { customer } = await system.fixtures.paid()
      const { certificateSerial, deviceId } = customer.bound()
      const rows = await system.database.rows<Registered>(
        'anqu_channel',
        sql`select serial, account_id, device_id, state from certificate where serial = ${certificateSerial}`,
      )
      evidence.holds('按序列号唯一登记', rows.length === 1 && rows[0]?.state === 'active', {
        serial: certificateSerial,
      })
      evidence.holds('与终端标识关联', rows[0]?.device_id === deviceId)
      const owners = await system.database.rows<{ account_id: string; client_key_id: string }>(
        'anqu_channel',
        sql`select account_id, client_key_id from device where device_id = ${deviceId} and state = 'active'`,
      )
      evidence.holds(
        '设备与用户账户绑定',
        owners.length === 1 && owners[0]?.account_id === rows[0]?.account_id,
      )
      const ca = await system.database.rows<{
        account_id: string
        holder: string | null
        terminal_id: string | null
      }>(
        'anqu_ca',
        sql`select account_id, holder, terminal_id from certificate where serial = ${certificateSerial}`,
      )
      evidence.holds(
        '认证系统同样登记账户、持有人与终端',
        ca[0]?.account_id === owners[0]?.account_id && ca[0]?.holder !== null && ca[0]?.terminal_id !== null,
      )
      const serials = await system.database.rows<{ doubles: bigint }>(
        'anqu_channel',
        sql`select count(*) - count(distinct serial) as doubles from certificate`,
      )
      evidence.holds('没有两张证书同一序列号', serials[0]?.doubles === 0n)
      const certificate = parseCertificate(await customer.app.element.containerCertificate(paymentContainer))
      evidence.holds('证书用途含电子签名', certificate.keyUsage?.includes('digitalSignature') === true, {
        keyUsage: [...(certificate.keyUsage ?? [])],
      })
      const { devices } = await customer.app.call(devicesList, {})
      evidence.holds(
        '客户看到自己的设备',
        devices.some(
          (device) => device.deviceId === deviceId && device.certificateSerial === certificateSerial,
        ),
      )
    },
  }),
  control({
    id: 'binding.release-and-revocation',
    title: {
      zh: '解除绑定或挂失后业务系统与认证系统均吊销证书',
      en: 'Release or loss revokes the certificate at both systems',
    },
    clauses: ['B-6.2.4-3', 'B-6.2.4-4', 'B-6.2.4-5.s3', 'C-6.3.1-g'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshReady()
      const { certificateSerial, deviceId } = customer.bound()
      const elsewhere = await customer.elsewhere()
      await elsewhere.login()
      await elsewhere.releaseDevice(deviceId)
      evidence.note('设备遗失：客户从另一处解除绑定')
      const business = await system.database.rows<{ state: string }>(
        'anqu_channel',
        sql`select state from certificate where serial = ${certificateSerial}`,
      )
      evidence.holds('业务系统中证书已吊销', business[0]?.state === 'revoked', {
        state: business[0]?.state ?? 'none',
      })
      let state = ''
      for (let wait = 0; wait < 60 && state !== 'revoked'; wait += 1) {
        const [row] = await system.database.rows<{ state: string }>(
          'anqu_ca',
          sql`select state from certificate where serial = ${certificateSerial}`,
        )
        state = row?.state ?? ''
        if (state !== 'revoked') await system.pause(250)
      }
      evidence.holds('认证系统中证书已吊销', state === 'revoked', { state })
      const begun = await customer.beginLogin()
      evidence.holds('遗失的设备不再免第二因素', begun.state === 'otp')
      await elsewhere.login()
      const { devices } = await elsewhere.app.call(devicesList, {})
      evidence.holds(
        '客户看到该设备已解除',
        devices.some((device) => device.deviceId === deviceId && device.state === 'released'),
      )
    },
  }),
]
