import { factorsCaptcha, factorsRequestOtp, sessionsCurrent, sessionsFinishLogin } from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'
import { policy } from '@anqu/policy'
import { control, type Control } from '../runner/control.ts'
import type { Customer } from '../system/customer.ts'
import type { LiveSystem } from '../system/live-system.ts'

const isPng = (png: string): boolean => base64ToBytes(png).subarray(1, 4).join() === '80,78,71'

/** Asks for a registration code with an answer to a picture; a right answer sends a message. */
const answer = async (
  customer: Customer,
  system: LiveSystem,
  entry: { pictureId: string; pictureAnswer: string },
) => {
  await system.database.letCodesAge()
  return customer.app.call(factorsRequestOtp, { purpose: 'register', phone: customer.person.phone, ...entry })
}
const wrong = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
const refused = ['factor.picture-rejected']

const scriptsOf = async (system: LiveSystem): Promise<string> => {
  const page = new TextDecoder().decode((await system.get('app', '/')).body)
  const files = [...page.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? '')
  const texts = await Promise.all(
    files.map(async (file) => (await system.get('app', file.replace(/^\.?\/?/, '/'))).body),
  )
  return [page, ...texts.map((body) => new TextDecoder().decode(body))].join('\n')
}

export const captchaControls: readonly Control[] = [
  control({
    id: 'captcha.server-made',
    title: {
      zh: '图形验证码由服务器生成并核验，客户端只得到图片',
      en: 'Picture codes are made and verified by the server; the client gets a picture only',
    },
    clauses: ['A-6.3-3', 'B-7.5.6-1', 'C-6.2.1.3-a-s1', 'C-6.2.1.3-a-s2', 'D-5.2.1.1-e-s2', 'D-5.2.1.1-e-s3'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const picture = await customer.app.call(factorsCaptcha, {})
      const shown = await system.shows(picture.pictureId)
      evidence.holds('服务器返回的是PNG图片', isPng(picture.png), { fields: Object.keys(picture).toSorted() })
      const { png: _, ...rest } = picture
      evidence.holds('图片以外的字段不含验证码文字', !JSON.stringify(rest).toUpperCase().includes(shown))
      const source = await scriptsOf(system)
      evidence.holds('页面与脚本源文件不含该验证码文字', source.length > 1000 && !source.includes(shown), {
        searchedCharacters: source.length,
      })
      await evidence.refused(
        '答错由服务器拒绝',
        () => answer(customer, system, { pictureId: picture.pictureId, pictureAnswer: wrong(shown) }),
        refused,
      )
      const sent = await answer(customer, system, await customer.solveCaptcha())
      evidence.holds('答对由服务器接受', typeof sent.otpId === 'string')
    },
  }),
  control({
    id: 'captcha.burnt-by-first-answer',
    title: {
      zh: '图形验证码第一次回答后无论对错即作废并更换',
      en: 'A picture code is burnt by its first answer, right or wrong',
    },
    clauses: ['A-6.3-2', 'B-7.5.6-3', 'B-7.5.6-4', 'C-6.2.1.3-c-s1'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const first = await customer.solveCaptcha()
      await evidence.refused(
        '第一次答错被拒绝',
        () => answer(customer, system, { ...first, pictureAnswer: wrong(first.pictureAnswer) }),
        refused,
      )
      await evidence.refused('答错之后再答对仍被拒绝', () => answer(customer, system, first), refused)
      const second = await customer.solveCaptcha()
      evidence.holds(
        '重新获取得到另一个验证码',
        second.pictureId !== first.pictureId && second.pictureAnswer !== first.pictureAnswer,
      )
      const sent = await answer(customer, system, second)
      evidence.holds('答对一次被接受', typeof sent.otpId === 'string')
      await evidence.refused('答对之后再次使用被拒绝', () => answer(customer, system, second), refused)
    },
  }),
  control({
    id: 'captcha.space',
    title: {
      zh: '图形验证码有足够的枚举空间且不可预测',
      en: 'Picture codes have space enough and cannot be predicted',
    },
    clauses: ['B-7.5.6-5', 'B-7.5.6-6', 'C-6.2.1.3-b-s2', 'B-7.5.6-8'],
    async check(system, evidence) {
      const customer = await system.fixtures.newcomer()
      const codes: string[] = []
      for (let count = 0; count < 40; count += 1) codes.push((await customer.solveCaptcha()).pictureAnswer)
      const length = Math.min(...codes.map((code) => code.length))
      evidence.holds(`不少于${policy.captcha.minCharacters}个字符`, length >= policy.captcha.minCharacters, {
        length,
      })
      // Only what was really seen counts, so this is a lower bound of the space.
      const space = Array.from(
        { length },
        (_, index) => new Set(codes.map((code) => code.charAt(index))).size,
      ).reduce((product, distinct) => product * distinct, 1)
      evidence.holds('按实际出现的字符计算，枚举空间不低于一万', space >= policy.captcha.minSpace, { space })
      evidence.holds('四十个验证码互不相同', new Set(codes).size === codes.length)
      evidence.holds(
        '验证码不含阿拉伯数字，无须以大写数字显示',
        codes.every((code) => !/[0-9]/.test(code)),
      )
    },
  }),
  control({
    id: 'captcha.no-factor',
    title: { zh: '图形验证码不能代替任何认证因素', en: 'A picture code replaces no factor' },
    clauses: ['A-6.3-5', 'D-5.2.1.1-f'],
    async check(system, evidence) {
      const customer = await system.fixtures.freshRegistered()
      const begun = await customer.beginLogin()
      evidence.holds('新设备上密码之后还要第二因素', begun.state === 'otp')
      const captcha = await customer.solveCaptcha()
      await evidence.refused(
        '以答对的图形验证码代替短信验证码不能登录',
        async () => {
          if (begun.state !== 'otp') return begun
          return customer.app.call(sessionsFinishLogin, {
            loginId: begun.loginId,
            otpId: captcha.pictureId,
            otp: '000000',
          })
        },
        ['factor.rejected', 'login.refused'],
      )
      await evidence.refused('只凭图形验证码没有会话', () => customer.app.call(sessionsCurrent, {}), [
        'session.required',
      ])
    },
  }),
]

/** Issued at the start of the run, answered when its three minutes are over; stands last so that the others fill the time. */
export const captchaExpiry = control({
  id: 'captcha.expires',
  title: { zh: '图形验证码三分钟后失效', en: 'A picture code ends after three minutes' },
  clauses: ['A-6.3-1', 'B-7.5.6-9', 'B-7.5.6-10', 'C-6.2.1.3-c-s2', 'D-5.2.1.1-e-s1'],
  async check(system, evidence) {
    const { picture, customer } = await system.fixtures.earlyPicture()
    const leftMs = picture.issuedAtMs + policy.captcha.validMs - system.clock.nowMs()
    evidence.holds(
      '声明的有效期不超过三分钟',
      picture.expiresAtMs - picture.issuedAtMs <= policy.captcha.validMs + 1000,
      { validForMs: picture.expiresAtMs - picture.issuedAtMs },
    )
    await system.pause(Math.max(0, leftMs) + 1000)
    await evidence.refused(
      '超过三分钟后答对也被拒绝',
      () => answer(customer, system, { pictureId: picture.pictureId, pictureAnswer: picture.pictureAnswer }),
      refused,
    )
    const fresh = await customer.solveCaptcha()
    const sent = await answer(customer, system, fresh)
    evidence.holds('期限内答对被接受', typeof sent.otpId === 'string')
    await evidence.refused('同一验证码不能再用', () => answer(customer, system, fresh), refused)
  },
})
