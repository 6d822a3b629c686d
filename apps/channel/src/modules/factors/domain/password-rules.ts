const minLength = 8
const maxLength = 32

/** Words, pinyin names and habits that guessers try first; compared without digits at the ends. */
const common = [
  'password',
  'passwd',
  'qwerty',
  'qwertyui',
  'asdfgh',
  'zxcvbn',
  'admin',
  'letmein',
  'welcome',
  'iloveyou',
  'woaini',
  'wangwei',
  'zhangwei',
  'liwei',
  'wangfang',
  'lina',
  'zhangmin',
  'woaiwojia',
  'anquan',
  'anqu',
  'baoxian',
  'mima',
  'abc',
  'a',
  'aa',
  'aaa',
  'abcd',
  'qq',
  'wx',
]
const rows = [
  '1234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'abcdefghijklmnopqrstuvwxyz',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
]

function hasRun(password: string, length: number): boolean {
  const lower = password.toLowerCase()
  for (let start = 0; start + length <= lower.length; start += 1) {
    const piece = lower.slice(start, start + length)
    const reversed = [...piece].toReversed().join('')
    if (rows.some((row) => row.includes(piece) || row.includes(reversed))) return true
    if (new Set(piece).size === 1) return true
  }
  return false
}

const overlaps = (password: string, own: string): boolean => {
  const piece = 5
  for (let start = 0; start + piece <= own.length; start += 1)
    if (password.includes(own.slice(start, start + piece))) return true
  return false
}

/**
 * True when a password is strong enough: at least 8 characters with letters and digits (C-6.2.1.2-c-s2), no keyboard run or
 * repetition of five, not a common word with digits (A-6.7.1-2), nothing of the person's own data (A-6.7.1-3): birthday,
 * segments of identity number and phone.
 */
export function isStrongPassword(password: string, ownData: readonly string[]): boolean {
  if (password.length < minLength || password.length > maxLength) return false
  if (!/[a-z]/i.test(password) || !/[0-9]/.test(password)) return false
  if (new Set(password).size < 5 || hasRun(password, 5)) return false
  const core = password.toLowerCase().replaceAll(/^[^a-z]+|[^a-z]+$/g, '')
  if (common.includes(core)) return false
  // A year or a date beside a short word is guessed as easily as the word.
  if (core.length <= 3 && /(?:19|20)[0-9]{2}/.test(password)) return false
  return !ownData.some((own) => overlaps(password.toLowerCase(), own.toLowerCase()))
}
