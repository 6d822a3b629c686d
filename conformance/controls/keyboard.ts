import { sessionsBeginLogin, type InputOf } from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'
import { control, type Control } from '../runner/control.ts'
import { environment, type Customer } from '../system/customer.ts'

type Secret = InputOf<typeof sessionsBeginLogin>['secret']

const login = (customer: Customer, secret: Secret) =>
  customer.app.call(sessionsBeginLogin, { phone: customer.person.phone, secret, environment })
const notOpened = [
  'factor.rejected',
  'login.refused',
  'request.malformed',
  'message.tampered',
  'message.malformed',
]

export const keyboardControls: readonly Control[] = [
  control({
    id: 'keyboard.random-picture-keys',
    title: {
      zh: '安全键盘由服务器绘制，按键随机排列',
      en: 'The server draws the keyboard with its keys in random order',
    },
    clauses: ['B-7.5.5-8', 'B-7.5.5-9', 'C-6.2.1.1-L3a', 'A-7.1-7'],
    async check(system, evidence) {
      const { app } = await system.fixtures.newcomer()
      const layouts: string[] = []
      for (let count = 0; count < 12; count += 1) {
        const { view } = await app.client.enter('login')
        const isPicture = base64ToBytes(view.png).subarray(1, 4).join() === '80,78,71'
        const { png: _, ...rest } = view
        const layout = await system.shows(view.keyboardId)
        if (count === 0) {
          evidence.holds('按键是一张图片', isPicture, { rows: view.rows, columns: view.columns })
          evidence.holds('回答中没有任何按键文字', !JSON.stringify(rest).includes(layout.slice(0, 4)), {
            fields: Object.keys(rest).toSorted(),
          })
        }
        layouts.push(layout)
      }
      evidence.holds('十二次布局各不相同', new Set(layouts).size === layouts.length)
      const digits = layouts.map((layout) => [...layout].filter((key) => /[0-9]/.test(key)).join(''))
      evidence.holds('数字键的排列也各不相同', new Set(digits).size >= 11, { distinct: new Set(digits).size })
      const zero = new Set(layouts.map((layout) => layout.indexOf('0'))).size
      evidence.holds('同一键每次位置不同', zero >= 4, { places: zero })
    },
  }),
  control({
    id: 'keyboard.taps-sealed',
    title: {
      zh: '逐键加密，密钥逐次协商，一次有效',
      en: 'Each tap is sealed alone under a key agreed for one entry',
    },
    clauses: ['B-7.5.5-2', 'B-7.5.5-5', 'A-7.1-5', 'D-5.2.2.1-c'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshRegistered()
      const { app, person } = customer
      const good = await app.enter('login', person.loginPassword)
      const taps = good.taps.map((tap) => Buffer.from(tap, 'base64'))
      evidence.holds(
        '每按一键即得到一个密文',
        taps.length === person.loginPassword.length && taps.every((tap) => tap.length === 33),
      )
      const same = await app.enter('login', 'aaaa')
      evidence.holds('同一键按四次得到四个不同密文', new Set(same.taps).size === 4)
      const first = await app.client.enter('login')
      const second = await app.client.enter('login')
      evidence.holds(
        '每次输入协商的公钥不同',
        first.view.answer !== second.view.answer && base64ToBytes(first.view.answer).length === 65,
      )
      const other = await app.enter('login', person.loginPassword)
      await evidence.refused(
        '另一键盘的按键不能移用',
        () => login(customer, { keyboardId: other.keyboardId, taps: good.taps }),
        notOpened,
      )
      const reordered = await app.enter('login', person.loginPassword)
      await evidence.refused(
        '调换按键次序被拒绝',
        () => login(customer, { ...reordered, taps: [...reordered.taps.slice(1), reordered.taps[0] ?? ''] }),
        notOpened,
      )
      const begun = await login(customer, good)
      evidence.holds('原样提交被接受', begun.state === 'otp')
      await evidence.refused('同一输入不能再次使用', () => login(customer, good), notOpened)
      const elsewhere = await customer.elsewhere()
      const stolen = await app.enter('login', person.loginPassword)
      await evidence.refused('在另一安装上提交他人的输入被拒绝', () => login(elsewhere, stolen), notOpened)
      const wire = Buffer.concat(app.exchanges.flatMap(({ request }) => request.body ?? []))
      evidence.holds(
        '按键密文随整条消息再次加密，往来字节中找不到',
        good.taps.every((tap) => !wire.includes(tap) && !wire.includes(Buffer.from(tap, 'base64'))),
      )
    },
  }),
]
