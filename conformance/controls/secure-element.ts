import { utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey, sm2Verify } from '@anqu/gm-crypto'
import {
  buildCertificate,
  parseCertificate,
  parseCsr,
  privateKeySigner,
  randomSerial,
  verifyCsr,
} from '@anqu/pki'
import { policy } from '@anqu/policy'
import {
  encodeCommand,
  parseResponse,
  SECURITY_SERVICE_AID,
  SecureElementError,
  type SecureElement,
} from '@anqu/secure-element'
import { paymentContainer } from '@anqu/client'
import { control, type Control } from '../runner/control.ts'
import type { Installation } from '../system/installation.ts'

const pin = '2468135'
const container = 'conformance'
const message = utf8ToBytes('an order')

/** The code of the card's refusal, or `done`. */
const met = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'done',
    (error: unknown) => (error instanceof SecureElementError ? error.code : String(error)),
  )

async function transmit(
  app: Installation,
  command: { cla: number; ins: number; p1: number; p2: number; data?: Uint8Array },
): Promise<string> {
  const answer = parseResponse(
    await app.card.transmit(encodeCommand({ ...command, data: command.data ?? new Uint8Array(0), ne: 256 })),
  )
  return answer.statusWord.toString(16).padStart(4, '0')
}
const select = { cla: 0, ins: 0xa4, p1: 4, p2: 0, data: SECURITY_SERVICE_AID }
const named = (text: string): Uint8Array => new Uint8Array([text.length, ...utf8ToBytes(text)])

/** A pair in a new container of a card with a PIN, its request and its certificate. */
export async function issue(
  app: { readonly element: SecureElement },
  name = container,
  { shiftMs = 0, usage = 'signing' }: { shiftMs?: number; usage?: 'signing' | 'encryption' } = {},
): Promise<Uint8Array> {
  const key = Sm2PrivateKey.generate()
  const subject = [{ type: 'CN' as const, value: 'conformance' }]
  await app.element.generateKeyPair(name, pin, usage)
  const csr = parseCsr(await app.element.createCsr(name, subject, pin, usage))
  const nowMs = Date.now() + shiftMs
  const authority = parseCertificate(
    await buildCertificate({
      serial: randomSerial(),
      subject,
      issuer: 'self',
      publicKey: key.publicKey,
      notBeforeMs: nowMs - 86_400_000,
      notAfterMs: nowMs + 86_400_000,
      signer: privateKeySigner(key),
      extensions: { basicConstraints: { ca: true }, keyUsage: ['keyCertSign'] },
    }),
  )
  const der = await buildCertificate({
    serial: randomSerial(),
    subject,
    issuer: authority,
    publicKey: csr.publicKey,
    notBeforeMs: nowMs - 60_000,
    notAfterMs: nowMs + 3_600_000,
    signer: privateKeySigner(key),
    extensions: {
      keyUsage: usage === 'signing' ? ['digitalSignature'] : ['keyEncipherment', 'dataEncipherment'],
    },
  })
  await app.element.installCertificate(name, der)
  return der
}

async function readyCard(system: Parameters<Control['check']>[0]): Promise<Installation> {
  const app = await system.undisturbed(() => system.newInstallation('preinstalled'))
  await system.undisturbed(async () => {
    await app.element.setPin(pin)
    await issue(app)
  })
  return app
}

export const secureElementControls: readonly Control[] = [
  control({
    id: 'se.pin-before-use',
    title: {
      zh: '敏感操作之前必须验证PIN，签名后状态立即复位',
      en: 'The PIN first; the state resets after each signature',
    },
    clauses: ['B-7.2-7', 'B-7.2-12', 'B-5.4.2-5', 'B-5.4.2-7', 'B-5.4.3-3'],
    async check(system, evidence) {
      const app = await readyCard(system)
      const signCommand = {
        cla: 0,
        ins: 0x2a,
        p1: 0x9e,
        p2: 0x9a,
        data: new Uint8Array([...named(container), ...message]),
      }
      await transmit(app, select)
      const without = await transmit(app, signCommand)
      evidence.holds('未验证PIN时签名被拒绝', without === '6982', { statusWord: without })
      const generate = await transmit(app, { cla: 0, ins: 0x46, p1: 1, p2: 1, data: utf8ToBytes('other') })
      evidence.holds('未验证PIN时生成密钥被拒绝', generate === '6982', { statusWord: generate })
      const removal = await transmit(app, {
        cla: 0x80,
        ins: 0x48,
        p1: 0,
        p2: 0,
        data: utf8ToBytes(container),
      })
      evidence.holds('未验证PIN时删除容器被拒绝', removal === '6982', { statusWord: removal })
      const verified = await transmit(app, { cla: 0, ins: 0x20, p1: 0, p2: 0x80, data: utf8ToBytes(pin) })
      const signed = await transmit(app, signCommand)
      evidence.holds('验证PIN后可签名一次', verified === '9000' && signed === '9000', { verified, signed })
      const second = await transmit(app, signCommand)
      evidence.holds('签名完成后权限立即复位', second === '6982', { statusWord: second })
    },
  }),
  control({
    id: 'se.pin-lock',
    title: { zh: 'PIN连续错误达到上限即锁定', en: 'Wrong PINs in a row lock the card' },
    clauses: ['B-7.2-15'],
    async check(system, evidence) {
      const app = await readyCard(system)
      for (let left = policy.lockout.sePinTries - 1; left > 0; left -= 1) {
        const code = await met(app.element.verifyPin('000000'))
        const { triesLeft } = await app.element.status()
        evidence.holds(`错误PIN，还剩${left}次`, code === 'se.pin-wrong' && triesLeft === left, {
          code,
          triesLeft,
        })
      }
      const last = await met(app.element.verifyPin('000000'))
      evidence.holds('达到上限即锁定', last === 'se.pin-locked', { code: last })
      const right = await met(app.element.sign(container, pin, message))
      evidence.holds('锁定后正确的PIN也不能签名', right === 'se.pin-locked', { code: right })
      await app.element.reset()
      const after = await met(app.element.sign(container, pin, message))
      evidence.holds('断电重启不能解除', after === 'se.pin-locked', { code: after })
    },
  }),
  control({
    id: 'se.services',
    title: {
      zh: '安全单元应用在内部完成密钥生成、签名验签与加解密',
      en: 'The SE application generates, signs, verifies, encrypts and decrypts inside',
    },
    clauses: ['B-5.1-2', 'B-5.2-1', 'B-5.4.1-1', 'B-6.1-5', 'B-7.2-2'],
    async check(system, evidence) {
      const app = await readyCard(system)
      const publicKey = await app.element.publicKey(container)
      const signature = await app.element.sign(container, pin, message)
      evidence.holds('内部签名可用公钥验证', sm2Verify(publicKey, message, signature))
      evidence.holds('应用验签通过', await app.element.verify(publicKey, message, signature))
      evidence.holds(
        '改动的原文验签不通过',
        !(await app.element.verify(publicKey, utf8ToBytes('another order'), signature)),
      )
      await issue(app, 'encryption', { usage: 'encryption' })
      const encryptionKey = await app.element.publicKey('encryption', { usage: 'encryption' })
      const ciphertext = await app.element.encrypt(encryptionKey, message)
      evidence.holds('密文不含原文', !Buffer.from(ciphertext).includes(Buffer.from(message)))
      const plain = await met(app.element.decrypt('encryption', pin, ciphertext))
      evidence.holds('内部解密', plain === 'done', { met: plain })
      const listed = await app.element.listCertificates()
      evidence.holds('读取证书列表', listed.length === 2)
      const own = listed.find((entry) => entry.container === container)
      const der = await app.element.readCertificate(own?.serialHex ?? '')
      evidence.holds('读取指定证书', parseCertificate(der).publicKey.equals(publicKey))
      evidence.holds(
        '身份验证：PIN正确通过、错误不通过',
        (await met(app.element.verifyPin(pin))) === 'done' &&
          (await met(app.element.verifyPin('1111111'))) === 'se.pin-wrong',
      )
      await app.element.deleteContainer(container, pin)
      evidence.holds('卸载证书', (await app.element.listCertificates()).length === 1)
    },
  }),
  control({
    id: 'se.containers',
    title: {
      zh: '密钥容器：唯一命名、导入与密钥对匹配、按条件读取、导出副本',
      en: 'Containers: unique names, matching import, reading by selectors, copies',
    },
    clauses: ['B-5.4.3-2', 'B-5.4.3-4', 'B-5.4.3-5', 'B-5.4.3-7', 'B-5.4.1-8', 'B-5.4.2-1', 'B-5.4.2-6'],
    async check(system, evidence) {
      const app = await readyCard(system)
      const again = await met(app.element.generateKeyPair(container, pin))
      evidence.holds('同名容器不能再建', again === 'se.container-exists', { met: again })
      const der = await app.element.containerCertificate(container)
      const certificate = parseCertificate(der)
      evidence.holds(
        '导入的证书与容器中的密钥对匹配',
        certificate.publicKey.equals(await app.element.publicKey(container)),
      )
      await app.element.generateKeyPair('second', pin)
      await app.element.createCsr('second', [{ type: 'CN', value: 'second' }], pin)
      const mismatch = await met(app.element.installCertificate('second', der))
      evidence.holds('与密钥对不匹配的证书不能导入', mismatch === 'se.certificate-mismatch', {
        met: mismatch,
      })
      const bySerial = await app.element.readCertificate(certificate.serialHex)
      const byValidity = await app.element.readCertificateByValidity(
        certificate.notBeforeMs,
        certificate.notAfterMs,
      )
      evidence.holds(
        '按序列号、按有效期读到同一证书的副本',
        Buffer.from(bySerial).equals(Buffer.from(der)) && Buffer.from(byValidity).equals(Buffer.from(der)),
      )
      const unknown = await met(app.element.readCertificate('0909090909090909'))
      evidence.holds('条件不符则读不到', unknown === 'se.certificate-not-found', { met: unknown })
      await transmit(app, select)
      const bare = await transmit(app, { cla: 0x80, ins: 0x4e, p1: 1, p2: 0 })
      evidence.holds('不给条件不能调用证书', bare !== '9000', { statusWord: bare })
      evidence.holds(
        '公钥可单独取出，长度六十五字节',
        (await app.element.publicKey(container)).bytes.length === 65,
      )
    },
  }),
  control({
    id: 'se.deletion',
    title: {
      zh: '卸载须有权限，证书与私钥一并销毁并释放空间',
      en: 'Deletion needs the right, destroys both and frees the space',
    },
    clauses: [
      'B-5.4.1-4',
      'B-5.4.1-5',
      'B-5.4.1-6',
      'B-5.4.3-6',
      'B-6.2.4-1',
      'B-6.2.4-2',
      'B-7.2-9',
      'B-6.2.4-5.s1',
      'B-6.2.4-5.s2',
    ],
    async check(system, evidence) {
      const app = await readyCard(system)
      const before = await app.element.status()
      const wrong = await met(app.element.deleteContainer(container, '0000000'))
      evidence.holds('PIN错误不能删除', wrong === 'se.pin-wrong', { met: wrong })
      evidence.holds('密钥仍可用', (await met(app.element.sign(container, pin, message))) === 'done')
      const overwrite = await met(app.element.generateKeyPair(container, pin))
      const old = await app.element.publicKey(container)
      const signature = await app.element.sign(container, pin, message)
      evidence.holds(
        '不能以新建密钥的方式删除旧密钥',
        overwrite === 'se.container-exists' && sm2Verify(old, message, signature),
        { met: overwrite },
      )
      await app.element.deleteContainer(container, pin)
      const after = await app.element.status()
      evidence.holds('空间被释放', after.containers === before.containers - 1, {
        before: before.containers,
        after: after.containers,
      })
      evidence.holds('证书不再存在', (await app.element.listCertificates()).length === 0)
      const gone = await met(app.element.sign(container, pin, message))
      evidence.holds('私钥不再存在', gone === 'se.container-not-found', { met: gone })
      const fresh = await app.element.generateKeyPair(container, pin)
      evidence.holds('同名重建得到的是另一密钥', !fresh.equals(old))
    },
  }),
  control({
    id: 'se.expired-key',
    title: { zh: '过期证书与私钥一并删除', en: 'An expired certificate goes together with its key' },
    clauses: ['B-5.4.2-10', 'B-5.4.2-10.s1', 'B-5.4.2-10.s2'],
    async check(system, evidence) {
      const app = await readyCard(system)
      await issue(app, 'expired', { shiftMs: -10 * 86_400_000 })
      evidence.holds('两张证书，一张已过期', (await app.element.listCertificates()).length === 2)
      const removed = await app.element.deleteExpired(pin, system.clock.nowMs())
      evidence.holds('客户端请求删除过期证书', removed.length === 1 && removed[0] === 'expired', { removed })
      const gone = await met(app.element.sign('expired', pin, message))
      evidence.holds('其私钥同时删除', gone === 'se.container-not-found', { met: gone })
      evidence.holds('未过期的不受影响', (await met(app.element.sign(container, pin, message))) === 'done')
    },
  }),
  control({
    id: 'se.master-file',
    title: { zh: '主文件受保护，用户不能删除', en: 'The master file cannot be deleted' },
    clauses: ['B-7.2-1'],
    async check(system, evidence) {
      const app = await readyCard(system)
      await transmit(app, select)
      for (const cla of [0x00, 0x80])
        for (const [p1, p2] of [
          [0, 0],
          [0, 0x80],
          [1, 0],
        ] as const) {
          const word = await transmit(app, { cla, ins: 0xe4, p1, p2, data: new Uint8Array([0x3f, 0x00]) })
          evidence.holds('删除主文件的命令被拒绝', word !== '9000', { cla, p1, p2, statusWord: word })
        }
      evidence.holds('应用与密钥仍在', (await met(app.element.sign(container, pin, message))) === 'done')
    },
  }),
  control({
    id: 'se.request',
    title: {
      zh: '密钥对在安全单元内生成，证书请求由其签名',
      en: 'The pair is made inside and signs its own request',
    },
    clauses: ['B-7.1-3', 'B-5.4.2-3'],
    async check(system, evidence) {
      const { customer } = await system.fixtures.paid()
      const app = await readyCard(system)
      const keys: string[] = []
      for (const name of ['one', 'two', 'three']) {
        const publicKey = await app.element.generateKeyPair(name, pin)
        const csr = parseCsr(await app.element.createCsr(name, [{ type: 'CN', value: name }], pin))
        evidence.holds('证书请求由内部私钥签名且公钥一致', verifyCsr(csr) && csr.publicKey.equals(publicKey))
        keys.push(Buffer.from(publicKey.bytes).toString('hex'))
      }
      evidence.holds('每次生成的密钥对都不同', new Set(keys).size === 3)
      await transmit(app, select)
      const refusedIns: string[] = []
      // Every instruction of both classes but those that delete the container or its waiting pair.
      for (const cla of [0x00, 0x80])
        for (let ins = 0; ins < 256; ins += 1) {
          if (ins === 0x48 || ins === 0x4a) continue
          await transmit(app, { cla: 0, ins: 0x20, p1: 0, p2: 0x80, data: utf8ToBytes(pin) })
          const command = encodeCommand({ cla, ins, p1: 0, p2: 1, data: utf8ToBytes('one'), ne: 256 })
          const { data } = parseResponse(await app.card.transmit(command))
          if (data.length === 32) refusedIns.push(`${cla.toString(16)} ${ins.toString(16)}`)
        }
      evidence.holds('密钥仍在容器中', (await app.element.status()).containers === 4)
      evidence.holds('没有任何命令输出私钥长度的数据', refusedIns.length === 0, { instructions: refusedIns })
      evidence.note('本次业务证书所在容器', {
        container: paymentContainer,
        serial: customer.bound().certificateSerial,
      })
    },
  }),
]
