import { hasValidCheckDigit } from '@anqu/contract'
import { randomBytes } from '@anqu/gm-crypto'

/** A made-up customer. */
export type Person = {
  readonly name: string
  readonly idNumber: string
  readonly phone: string
  readonly birthday: string
  readonly loginPassword: string
  readonly transactionPassword: string
  readonly pin: string
}

const digits = (count: number): string => Array.from(randomBytes(count), (byte) => byte % 10).join('')
const pick = (from: string): string => from.charAt((randomBytes(1)[0] ?? 0) % from.length)

/** No region begins with 99; the rest of it is random too, as a run has enough people for three digits to meet twice. */
function idNumberOf(birthday: string): string {
  const head = `99${digits(4)}${birthday}${digits(3)}`
  const last = [...'0123456789X'].find((candidate) => hasValidCheckDigit(head + candidate))
  return head + (last ?? '')
}

/** Letters and digits in an order no rule of the policy objects to. */
const somePassword = (): string =>
  Array.from({ length: 6 }, () => `${pick('bdfhkmptvx')}${pick('2345678')}`).join('')

export function makePerson(birthday = '19880412'): Person {
  return {
    name: `${pick('赵钱孙李周吴郑王')}${pick('安明思远佳宁')}${pick('和平清扬文礼')}`,
    idNumber: idNumberOf(birthday),
    phone: `13${digits(9)}`,
    birthday,
    loginPassword: somePassword(),
    transactionPassword: somePassword(),
    pin: digits(6),
  }
}
