/** Formats 分 as yuan with two decimals and thousands groups, exactly, without ever becoming a floating number. */
export function formatFen(fen: bigint): string {
  const sign = fen < 0n ? '−' : ''
  const absolute = fen < 0n ? -fen : fen
  const yuan = String(absolute / 100n).replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return `${sign}${yuan}.${String(absolute % 100n).padStart(2, '0')}`
}

/** Whole yuan for covers and limits, where decimals would only be noise; keeps them when there are any. */
export function formatFenShort(fen: bigint): string {
  const text = formatFen(fen)
  return text.endsWith('.00') ? text.slice(0, -3) : text
}

/** Reads an amount somebody typed in yuan; undefined when it is no amount with at most two decimals. */
export function parseYuan(text: string): bigint | undefined {
  const match = /^(0|[1-9]\d{0,11})(?:\.(\d{1,2}))?$/.exec(text.trim())
  return match ? BigInt(match[1] ?? '0') * 100n + BigInt((match[2] ?? '').padEnd(2, '0')) : undefined
}
