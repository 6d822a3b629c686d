import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bytesToHex,
  concatBytes,
  encodeBerTlv,
  findBerTlv,
  hexToBytes,
  ParseError,
  parseBerTlv,
} from './index.ts'

const primitiveTag = fc.constantFrom(0x4f, 0x57, 0x5a, 0x82, 0x84, 0x9f4b, 0x9f36, 0xdf69, 0xdf8101)

describe('BER-TLV', () => {
  test('data objects survive in their order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(primitiveTag, fc.uint8Array({ maxLength: 300 })), { maxLength: 8 }),
        (objects) => {
          const encoded = concatBytes(...objects.map(([tag, value]) => encodeBerTlv(tag, value)))
          expect(parseBerTlv(encoded).map(({ tag, value }) => [tag, value])).toEqual(objects)
          const [template] = parseBerTlv(encodeBerTlv(0x70, encoded))
          expect(template?.children?.map(({ tag, value }) => [tag, value])).toEqual(objects)
        },
      ),
    )
  })

  test('the answer to a SELECT opens by tag', () => {
    const [answer] = parseBerTlv(hexToBytes('6f108408a000000151000000a5049f6501ff'))
    const aid = findBerTlv(answer?.children ?? [], 0x84)
    expect(aid && bytesToHex(aid.value)).toBe('a000000151000000')
    const inner = findBerTlv(answer?.children ?? [], 0xa5)?.children ?? []
    expect(findBerTlv(inner, 0x9f65)?.value).toEqual(Uint8Array.of(0xff))
    expect(findBerTlv(inner, 0x9f66)).toBeUndefined()
  })

  test('padding is refused unless it is asked for', () => {
    const padded = hexToBytes('00005a011100')
    expect(() => parseBerTlv(padded)).toThrow(ParseError)
    expect(parseBerTlv(padded, { padding: 'skip' })).toHaveLength(1)
  })

  test.each([
    ['an indefinite length', '70800000'],
    ['a value cut short', '5a0211'],
    ['a length of five bytes', '5a850000000001aa'],
    ['a tag of four bytes', '9f81828300'],
    ['a two-byte tag for a small number', '9f1e00'],
    ['a tag padded with 80', '9f801f00'],
    ['a tag alone', '5a'],
    ['half a tag', '9f'],
    ['tag FF', 'ff00'],
  ])('%s is refused', (_, hex) => expect(() => parseBerTlv(hexToBytes(hex))).toThrow(ParseError))

  test('depth and number of objects are bounded', () => {
    let nested: Uint8Array = new Uint8Array(0)
    for (let depth = 0; depth < 20; depth++) nested = encodeBerTlv(0x70, nested)
    expect(() => parseBerTlv(nested)).toThrow(/less nesting/)
    expect(() => parseBerTlv(hexToBytes('5a00'.repeat(20)), { maxObjects: 10 })).toThrow(/fewer data objects/)
    expect(() => parseBerTlv(new Uint8Array(20), { maxLength: 10 })).toThrow(ParseError)
  })

  test('arbitrary bytes give objects or a ParseError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseBerTlv(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test.each([0, 0x1_0000_0000, 0x9f, 0x5a5a, 0x9f1e, 1.5])('0x%x is not a tag', (tag) =>
    expect(() => encodeBerTlv(tag, new Uint8Array(0))).toThrow(RangeError),
  )
})
