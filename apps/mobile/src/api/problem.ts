import { ConnectionLost, Refused } from '@anqu/client'
import { refusals, type RefusalCode } from '@anqu/contract'

/** Something the customer must be told, in both languages, with the reference our staff can search by. */
export type Problem = {
  readonly code: string
  readonly text: { readonly zh: string; readonly en: string }
  readonly correlationId?: string
  readonly retryAtMs?: number
}

export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem, cause?: unknown) {
    super(problem.code, { cause })
    this.name = 'ProblemError'
    this.problem = problem
  }
}

const own = {
  'client.offline': [
    '没有收到服务器的回应，请检查网络后重试',
    'No answer arrived; please check your network and try again',
  ],
  'client.failure': ['应用出现问题，请重新操作', 'Something went wrong in the app; please try again'],
  'app.altered': [
    '应用文件核验未通过，本次操作没有执行。请关闭应用后重新打开',
    'The files of the app failed their check and nothing was done. Please close the app and open it again',
  ],
  'se.pin-wrong': ['安全单元 PIN 不正确', 'That is not the PIN of the secure element'],
  'se.pin-locked': [
    '安全单元已锁定，请联系客服重新绑定设备',
    'The secure element is locked; please contact us to bind this device again',
  ],
  'se.pin-differ': ['两次输入的 PIN 不一致，请重新设置', 'The two PINs differ; please set them again'],
  'se.pin-simple': [
    'PIN 过于简单，请勿使用重复或连续的数字',
    'This PIN is too simple; please avoid repeated or consecutive digits',
  ],
  'se.locked-by-issuer': [
    '本设备的安全单元已被机构锁定，请联系客服',
    'The secure element of this device was locked by the institution; please contact us',
  ],
  'se.released': [
    '安全单元已被另一个页面打开，请关闭其他页面后重试',
    'Another page has opened the secure element; please close it and try again',
  ],
  'se.unreachable': [
    '无法启动安全单元，请重新打开应用',
    'The secure element did not start; please reopen the app',
  ],
  'se.certificate-missing': [
    '本设备尚未安装证书，请先绑定',
    'This device has no certificate yet; please bind it first',
  ],
  'se.failure': ['安全单元未能完成操作，请重试', 'The secure element could not do this; please try again'],
} as const satisfies Record<string, readonly [zh: string, en: string]>

export type OwnProblemCode = keyof typeof own

export const ownProblemCodes = Object.keys(own) as OwnProblemCode[] // Object.keys widens to string[]

/** A problem that arose on this device and not at the server. */
export function ownProblem(code: OwnProblemCode): Problem {
  const [zh, en] = own[code]
  return { code, text: { zh, en } }
}

/** The catalogue's own words for a code that arose without an answer of the server. */
export function catalogued(code: RefusalCode): Problem {
  const { zh, en } = refusals[code]
  return { code, text: { zh, en } }
}

const isCatalogued = (code: unknown): code is RefusalCode =>
  typeof code === 'string' && Object.hasOwn(refusals, code)

function refusedProblem({ code, zh, en, correlationId, retryAtMs }: Refused): Problem {
  return { code, text: { zh, en }, correlationId, ...(retryAtMs === undefined ? {} : { retryAtMs }) }
}

const isOwnCode = (code: unknown): code is OwnProblemCode =>
  typeof code === 'string' && Object.hasOwn(own, code)

function pinWrong(triesLeft: unknown): Problem {
  const base = ownProblem('se.pin-wrong')
  if (typeof triesLeft !== 'number') return base
  const zh = `${base.text.zh}，还可输入 ${triesLeft} 次`
  const en = `${base.text.en}; ${triesLeft} ${triesLeft === 1 ? 'try' : 'tries'} left`
  return { code: base.code, text: { zh, en } }
}

/** Turns whatever was thrown into something that can be said to a customer; details stay out of it (C-6.2.5-p1). */
export function toProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof Refused) return refusedProblem(error)
  if (error instanceof ConnectionLost) return ownProblem('client.offline')
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'se.pin-wrong')
    return pinWrong(error instanceof Error && 'triesLeft' in error && error.triesLeft)
  if (isOwnCode(code)) return ownProblem(code)
  if (isCatalogued(code)) return catalogued(code)
  if (typeof code === 'string' && code.startsWith('se.')) return ownProblem('se.failure')
  return ownProblem('client.failure')
}
