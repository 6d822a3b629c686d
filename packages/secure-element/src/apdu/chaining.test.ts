import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandChain } from './chaining.ts'
import type { CommandApdu } from './command.ts'
import { StatusError } from './status-word.ts'

function part(cla: number, data: Uint8Array, ins = 0x2a): CommandApdu {
  return { cla, ins, p1: 0x9e, p2: 0x9a, data, ne: 256 }
}

test('data cut into any pieces arrives whole, under the class without the chaining bit', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 }), (pieces) => {
      const chain = new CommandChain()
      const results = pieces.map((piece, index) =>
        chain.accept(part(index === pieces.length - 1 ? 0x00 : 0x10, piece)),
      )
      expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true)
      expect(results.at(-1)).toEqual(part(0x00, Uint8Array.from(pieces.flatMap((piece) => [...piece]))))
    }),
  )
})

test('another command inside a chain ends the chain with 6883, and the next one starts afresh', () => {
  const chain = new CommandChain()
  chain.accept(part(0x10, Uint8Array.of(1)))
  expect(() => chain.accept(part(0x00, Uint8Array.of(2), 0x84))).toThrow(new StatusError(0x6883))
  expect(chain.accept(part(0x00, Uint8Array.of(3)))?.data).toEqual(Uint8Array.of(3))
})

test('a chain that grows past one extended command is refused and forgotten', () => {
  const chain = new CommandChain()
  chain.accept(part(0x10, new Uint8Array(65_535)))
  expect(() => chain.accept(part(0x10, new Uint8Array(1)))).toThrow(new StatusError(0x6700))
  expect(chain.accept(part(0x00, Uint8Array.of(9)))?.data).toEqual(Uint8Array.of(9))
})
