import { randomBytes, Sm2PrivateKey, type Sm2PublicKey } from '@anqu/gm-crypto'
import { control, type Control } from '../runner/control.ts'
import { Customer } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { formsOf } from './secure-element-keys.ts'

const databases = ['anqu_channel', 'anqu_ca', 'anqu_tsm', 'anqu_bank', 'anqu_witness', 'anqu_sms']

/** The bytes as they stand in binary values, in hexadecimal and, wherever they begin in it, in base64 text. */
function traces(bytes: Uint8Array): Buffer[] {
  const hex = Buffer.from(bytes).toString('hex')
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // Digits at both ends hold bits of the neighbours.
    const inner = text.slice(before === 0 ? 0 : 4, -4)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [Buffer.from(bytes), ...[hex, hex.toUpperCase(), ...base64].map((text) => Buffer.from(text))]
}

const holds = (place: Buffer, forms: readonly Buffer[]): boolean =>
  forms.some((form) => traces(form).some((trace) => place.includes(trace)))

/** A customer who has enrolled and paid, and every private key of theirs in the forms in which it is worked with. */
async function customerWithKnownKeys(system: LiveSystem) {
  const draws: Uint8Array[] = []
  const publicKeys: Sm2PublicKey[] = []
  const app = await system.newInstallation('to-be-loaded', (length) => {
    const bytes = randomBytes(length)
    if (length === 32) draws.push(bytes.slice())
    return bytes
  })
  const customer = new Customer(system, app)
  await customer.register()
  await customer.login()
  await customer.bind()
  await customer.setTransactionPassword()
  const { operation } = await customer.pay()
  for (const { name, pairs } of await app.element.listContainers())
    for (const { usage, pending, certificate } of pairs) {
      if (certificate !== undefined) publicKeys.push(await app.element.publicKey(name, { usage }))
      if (pending) publicKeys.push(await app.element.publicKey(name, { usage, state: 'pending' }))
    }
  const client = Sm2PrivateKey.fromBytes(app.key.exportBytes())
  const forms = [...formsOf(draws, publicKeys), ...formsOf([client.exportBytes()], [client.publicKey])]
  return { app, operation, publicKeys, forms }
}

export const userPrivateKeyControls: readonly Control[] = [
  control({
    id: 'se.private-key-of-user-only',
    title: {
      zh: '用户私钥只在用户处：各系统的数据库、日志与全部往来消息中均没有',
      en: 'Private keys are with their user only: no table, log or message of any system has one',
    },
    clauses: ['B-3.3-1'],
    async check(system, evidence) {
      const { app, operation, publicKeys, forms } = await customerWithKnownKeys(system)
      evidence.holds('客户完成登记、绑定与付款', operation.state === 'done', { state: operation.state })
      const expected = 2 * (publicKeys.length + 1)
      evidence.holds('已知其全部私钥的各种形式', publicKeys.length > 0 && forms.length === expected, {
        forms: forms.length,
      })
      const x = publicKeys.map((key) => Buffer.from(key.bytes.slice(1, 33)))
      for (const name of databases) {
        const stored = Buffer.from(await system.database.everything(name))
        // The public half is there, and found in the same way: the search looks where keys would be.
        if (name === 'anqu_channel' || name === 'anqu_ca')
          evidence.holds('数据库中可找到公钥', holds(stored, x), { name })
        evidence.holds('数据库中没有用户私钥', stored.length > 0 && !holds(stored, forms), {
          name,
          bytes: stored.length,
        })
      }
      const logs = Buffer.from(await system.logs())
      evidence.holds('日志中没有用户私钥', logs.length > 0 && !holds(logs, forms), { bytes: logs.length })
      const opened = [...app.inputs, ...app.answers].map(({ text }) => Buffer.from(text))
      evidence.holds(
        '消息中可找到公钥',
        opened.some((text) => holds(text, x)),
      )
      evidence.holds('加密前与解密后的消息中没有用户私钥', !opened.some((text) => holds(text, forms)), {
        messages: opened.length,
      })
      const wire = app.exchanges.flatMap(({ request, answer }) => [request.body ?? [], answer.body])
      const isOnWire = wire.some((body) => holds(Buffer.from(body), forms))
      evidence.holds('传输的字节中没有用户私钥', wire.length > 0 && !isOnWire, { messages: wire.length })
    },
  }),
]
