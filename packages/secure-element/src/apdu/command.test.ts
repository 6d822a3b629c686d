import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeCommand, parseCommand, type CommandApdu } from './command.ts'
import { StatusError } from './status-word.ts'

const byte = fc.integer({ min: 0, max: 255 })
const command: fc.Arbitrary<CommandApdu> = fc.record({
  cla: byte,
  ins: byte,
  p1: byte,
  p2: byte,
  data: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(255, 256, 65_535).map((length) => new Uint8Array(length)),
  ),
  ne: fc.constantFrom(0, 1, 255, 256, 257, 65_535, 65_536),
})

test('every command survives encoding and parsing, in short and extended form', () => {
  fc.assert(
    fc.property(command, (original) => {
      expect(parseCommand(encodeCommand(original))).toEqual(original)
    }),
  )
})

test.each([
  ['1', '00A40400', 0, 0],
  ['2 short', '00C0000010', 0, 16],
  ['2 short, 00 asks for 256', '00C0000000', 0, 256],
  ['3 short', '00200080023132', 2, 0],
  ['4 short', '0020008002313200', 2, 256],
  ['2 extended', '00C00000000100', 0, 256],
  ['2 extended, 0000 asks for 65,536', '00C00000000000', 0, 65_536],
  ['3 extended', '002000800000023132', 2, 0],
  ['4 extended', '00200080000002313200ff', 2, 255],
])('case %s is read as ISO 7816-3 says', (_, hex, length, ne) => {
  const parsed = parseCommand(Uint8Array.from(Buffer.from(hex, 'hex')))
  expect([parsed.data.length, parsed.ne]).toEqual([length, ne])
})

test.each(['', '00', '00A404', '00A404000211', '00A404000211223344', '00A404000000', '00A40400000000FF'])(
  'lengths that do not add up are refused with 6700: %s',
  (hex) => {
    expect(() => parseCommand(Uint8Array.from(Buffer.from(hex, 'hex')))).toThrow(new StatusError(0x6700))
  },
)

test('any bytes are either a command or 6700', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      try {
        parseCommand(bytes)
      } catch (error) {
        expect(error).toEqual(new StatusError(0x6700))
      }
    }),
  )
})
