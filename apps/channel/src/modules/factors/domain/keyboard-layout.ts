import { randomBytes } from '@anqu/gm-crypto'

export const keyboardRows = 4
export const keyboardColumns = 10

const digits = '0123456789'
const others = 'abcdefghijklmnopqrstuvwxyz@#!_'

/** A number below `bound`, every one equally likely: values that would favour the small ones are thrown away. */
export function randomBelow(bound: number): number {
  const limit = Math.floor(0x1_0000_0000 / bound) * bound
  for (;;) {
    const bytes = randomBytes(4)
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (value < limit) return value % bound
  }
}

function shuffled(characters: string): string {
  const list = [...characters]
  for (let index = list.length - 1; index > 0; index -= 1) {
    const other = randomBelow(index + 1)
    const [a, b] = [list[index] ?? '', list[other] ?? '']
    list[index] = b
    list[other] = a
  }
  return list.join('')
}

/** A new layout: digits in the first row, letters and signs below, each group in random order (B-7.5.5-8). */
export const randomLayout = (): string => shuffled(digits) + shuffled(others)
