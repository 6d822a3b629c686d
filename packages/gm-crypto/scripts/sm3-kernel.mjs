// Writes SM3's compression function with all 64 rounds unrolled and the state renamed instead of moved.

function rotateLeft(value, by) {
  const amount = by % 32
  return amount === 0 ? value : `rotl<u32>(${value}, ${amount})`
}

/** AssemblyScript source of `compress(state, data, blocks)`: state as eight u32 words, data big-endian. */
export function sm3Kernel() {
  const lines = []
  const names = [...'abcdefgh']
  for (const [i, name] of names.entries()) lines.push(`let ${name} = load<u32>(state, ${4 * i})`)
  lines.push('let x: u32 = 0', 'let s: u32 = 0', 'let u: u32 = 0')
  for (let i = 0; i < 16; i++) lines.push(`let w${i}: u32 = 0`)
  lines.push('for (let k = 0; k < blocks; k++) {')
  for (let i = 0; i < 16; i++) lines.push(`w${i} = bswap<u32>(load<u32>(data, ${4 * i}))`)
  let [a, b, c, d, e, f, g, h] = names
  for (let j = 0; j < 64; j++) {
    if (j >= 12) {
      const w = (offset) => `w${(j + 4 + offset) % 16}`
      lines.push(`x = ${w(0)} ^ ${w(16 - 9)} ^ ${rotateLeft(w(16 - 3), 15)}`)
      const mixed = `x ^ ${rotateLeft('x', 15)} ^ ${rotateLeft('x', 23)}`
      lines.push(`${w(0)} = ${mixed} ^ ${rotateLeft(w(16 - 13), 7)} ^ ${w(16 - 6)}`)
    }
    const t = j < 16 ? 0x79cc4519 : 0x7a879d8a
    const constant = ((t << (j % 32)) | (j % 32 === 0 ? 0 : t >>> (32 - (j % 32)))) >>> 0
    const ff = j < 16 ? `(${a} ^ ${b} ^ ${c})` : `((${a} & (${b} | ${c})) | (${b} & ${c}))`
    const gg = j < 16 ? `(${e} ^ ${f} ^ ${g})` : `(${g} ^ (${e} & (${f} ^ ${g})))`
    const [now, later] = [`w${j % 16}`, `w${(j + 4) % 16}`]
    lines.push(`u = ${rotateLeft(a, 12)}`, `s = ${rotateLeft(`${e} + ${constant} + u`, 7)}`)
    lines.push(`${d} = ${ff} + (${d} + (${now} ^ ${later})) + (s ^ u)`)
    lines.push(`x = ${gg} + (${h} + ${now}) + s`, `${h} = x ^ ${rotateLeft('x', 9)} ^ ${rotateLeft('x', 17)}`)
    lines.push(`${b} = ${rotateLeft(b, 9)}`, `${f} = ${rotateLeft(f, 19)}`)
    ;[a, b, c, d] = [d, a, b, c]
    ;[e, f, g, h] = [h, e, f, g]
  }
  for (const [i, name] of names.entries()) {
    lines.push(`${name} ^= load<u32>(state, ${4 * i})`, `store<u32>(state, ${name}, ${4 * i})`)
  }
  lines.push('data += 64', '}')
  return `/** Takes whole 64-byte blocks into the state. */\nexport function compress(state: i32, data: i32, blocks: i32): void {\n${lines.map((line) => `  ${line}`).join('\n')}\n}\n`
}
