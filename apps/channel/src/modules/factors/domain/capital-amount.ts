const digits = '零壹贰叁肆伍陆柒捌玖'
const small = ['', '拾', '佰', '仟']
const large = ['', '万', '亿', '万亿']

/** Four digits as capital numerals, a single 零 for every inner run of zeros. */
function group(value: number): string {
  let text = ''
  for (let power = 3; power >= 0; power -= 1) {
    const digit = Math.floor(value / 10 ** power) % 10
    if (digit > 0) text += digits.charAt(digit) + (small[power] ?? '')
    else if (text !== '' && !text.endsWith('零')) text += '零'
  }
  return text.replace(/零$/, '')
}

/** An amount as written on Chinese cheques: 16800 分 is 壹佰陆拾捌元整 (B-7.5.6-8). */
export function capitalAmount(amountFen: bigint): string {
  const yuan = amountFen / 100n
  const jiao = Number((amountFen % 100n) / 10n)
  const fen = Number(amountFen % 10n)
  let text = ''
  for (let index = 3; index >= 0; index -= 1) {
    const value = Number((yuan / 10n ** BigInt(index * 4)) % 10_000n)
    if (value === 0) continue
    // A gap before this group (a skipped group, or fewer than four digits) is spoken as one 零.
    if (text !== '' && value < 1000) text += '零'
    text += group(value) + (large[index] ?? '')
  }
  const whole = text === '' ? '' : `${text}元`
  if (jiao === 0 && fen === 0) return whole === '' ? '零元整' : `${whole}整`
  if (fen === 0) return `${whole}${digits.charAt(jiao)}角整`
  const tenth = jiao === 0 ? (whole === '' ? '' : '零') : `${digits.charAt(jiao)}角`
  return `${whole}${tenth}${digits.charAt(fen)}分`
}
