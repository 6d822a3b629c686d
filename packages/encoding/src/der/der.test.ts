import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compareBytes,
  contentToOid,
  DerReader,
  derBits,
  derBoolean,
  derExplicit,
  derGeneralizedTime,
  derIa5,
  derImplicit,
  derNamedBits,
  derNull,
  derOctets,
  derOid,
  derPrintable,
  derSequence,
  derSetOf,
  derTime,
  derUnsigned,
  derUtf8,
  encodeDer,
  bytesToHex,
  hexToBytes,
  oidToContent,
  ParseError,
  type DerValue,
} from '../index.ts'

const read = (value: DerValue): DerReader => DerReader.over(encodeDer(value), 'test')
const readHex = (hex: string): DerReader => DerReader.over(hexToBytes(hex), 'test')

describe('DER round trips', () => {
  test('integers, octets, bits, booleans and texts', () => {
    const values = fc.tuple(
      fc.bigInt({ min: 0n, max: 2n ** 300n }),
      fc.uint8Array({ maxLength: 70_000, size: 'max' }),
      fc.boolean(),
      fc.string({ unit: 'grapheme' }),
    )
    fc.assert(
      fc.property(values, ([integer, octets, boolean, text]) => {
        const reader = read(
          derSequence(
            derUnsigned(integer),
            derOctets(octets),
            derBits(octets),
            derBoolean(boolean),
            derUtf8(text),
          ),
        ).sequence('all')
        expect(BigInt(`0x${bytesToHex(reader.unsignedBytes('integer', 64))}`)).toBe(integer)
        expect(reader.octets('octets')).toEqual(octets)
        expect(reader.bitBytes('bits')).toEqual(octets)
        expect(reader.boolean('boolean')).toBe(boolean)
        expect(reader.text('text')).toBe(text)
        reader.end()
      }),
      { numRuns: 50 },
    )
  })

  test('object identifiers', () => {
    const arcs = fc.tuple(
      fc.nat(2),
      fc.nat(39),
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n }), { maxLength: 5 }),
    )
    fc.assert(
      fc.property(arcs, ([first, second, rest]) => {
        const oid = [first, second, ...rest].join('.')
        expect(contentToOid(oidToContent(oid), 'oid', 0)).toBe(oid)
      }),
    )
    // X.690 section 8.19.5
    expect(bytesToHex(encodeDer(derOid('2.100.3')))).toBe('0603813403')
    expect(bytesToHex(encodeDer(derOid('1.2.156.10197.1.501')))).toBe('06082a811ccf55018375')
  })

  test('times of every year: UTCTime up to 2049, GeneralizedTime before 1950 and later', () => {
    const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 })
    fc.assert(
      fc.property(seconds, (second) => {
        expect(read(derTime(second * 1000 + 999)).time('time')).toBe(second * 1000 + 999 - 999)
        expect(read(derGeneralizedTime(second * 1000)).time('time')).toBe(second * 1000)
      }),
    )
    expect(encodeDer(derTime(Date.UTC(2049, 11, 31, 23, 59, 59)))[0]).toBe(0x17)
    expect(encodeDer(derTime(Date.UTC(2050, 0, 1)))[0]).toBe(0x18)
    expect(encodeDer(derTime(Date.UTC(1949, 11, 31)))[0]).toBe(0x18)
  })

  test('a set is written in order whatever the order given', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 12 }), (members) => {
        const reader = read(derSetOf(...members.map(derOctets))).setOf('set')
        const seen: Uint8Array[] = []
        while (!reader.done) seen.push(reader.octets('member'))
        const byEncoding = (a: Uint8Array, b: Uint8Array): number =>
          compareBytes(encodeDer(derOctets(a)), encodeDer(derOctets(b)))
        expect(seen).toEqual(members.toSorted(byEncoding))
      }),
    )
  })

  test('named bits lose their trailing zeros', () => {
    expect(bytesToHex(encodeDer(derNamedBits([])))).toBe('030100')
    expect(bytesToHex(encodeDer(derNamedBits([5, 6])))).toBe('03020106')
    expect(bytesToHex(encodeDer(derNamedBits([0, 8])))).toBe('0303078080')
  })

  test('explicit and implicit tags', () => {
    const reader = read(
      derSequence(derExplicit(0, derNull()), derImplicit(1, derIa5('a')), derImplicit(2, derSequence())),
    )
    const inner = reader.sequence('all')
    inner.constructed(0xa0, 'zero').null('null')
    expect(inner.text('one', 0x81)).toBe('a')
    inner.constructed(0xa2, 'two').end()
    inner.end()
  })
})

describe('DER refusals', () => {
  const whole = (hex: string) => (): void => {
    const reader = readHex(hex)
    reader.any('value')
    reader.end()
  }

  test.each([
    ['nothing', ''],
    ['a tag without length', '30'],
    ['an indefinite length', '30800000'],
    ['a length longer than needed', '048101aa'],
    ['a length with a leading zero', '04820001aa'],
    ['a length of five bytes', '04850000000001aa'],
    ['content cut short', '0402aa'],
    ['a high tag number', '1f8101000400'],
    ['trailing bytes', '040000'],
  ])('%s', (_, hex) => expect(whole(hex)).toThrow(ParseError))

  test.each([
    ['boolean 01', '010101', (r: DerReader) => r.boolean('x')],
    ['boolean of two bytes', '0102ffff', (r: DerReader) => r.boolean('x')],
    ['empty integer', '0200', (r: DerReader) => r.integerBytes('x')],
    ['padded positive integer', '0202007f', (r: DerReader) => r.integerBytes('x')],
    ['padded negative integer', '0202ff80', (r: DerReader) => r.integerBytes('x')],
    ['negative where unsigned is wanted', '020180', (r: DerReader) => r.unsignedBytes('x', 4)],
    ['too long an integer', '02050100000000', (r: DerReader) => r.unsignedBytes('x', 4)],
    ['a number above the maximum', '02010b', (r: DerReader) => r.small('x', 10)],
    ['bits without a count', '0300', (r: DerReader) => r.bits('x')],
    ['eight unused bits', '030208ff', (r: DerReader) => r.bits('x')],
    ['unused bits that are set', '030203ff', (r: DerReader) => r.bits('x')],
    ['unused bits of an empty string', '030101', (r: DerReader) => r.bits('x')],
    ['null with content', '050100', (r: DerReader) => r.null('x')],
    ['empty object identifier', '0600', (r: DerReader) => r.oid('x')],
    ['padded arc', '06032a8001', (r: DerReader) => r.oid('x')],
    ['unended arc', '06022a81', (r: DerReader) => r.oid('x')],
    ['an asterisk in PrintableString', '13012a', (r: DerReader) => r.text('x')],
    ['a byte above 127 in IA5String', '160180', (r: DerReader) => r.text('x')],
    ['TeletexString', '140141', (r: DerReader) => r.text('x')],
    ['ill-formed UTF8String', '0c01ff', (r: DerReader) => r.text('x')],
    ['a set out of order', '3106040102040101', (r: DerReader) => r.setOf('x')],
    ['UTCTime without seconds', '170b323430313031303030305a', (r: DerReader) => r.time('x')],
    ['the 30th of February', '170d3234303233303030303030305a', (r: DerReader) => r.time('x')],
    ['a time zone', '17113234303230313030303030302b30383030', (r: DerReader) => r.time('x')],
    ['fractions of a second', '181132303234303230313030303030302e355a', (r: DerReader) => r.time('x')],
  ])('%s', (_, hex, use) => expect(() => use(readHex(hex))).toThrow(ParseError))

  test('nesting beyond the limit and input beyond the limit', () => {
    let value = derSequence()
    for (let depth = 0; depth < 10; depth++) value = derSequence(value)
    const dig = (): void => {
      let reader = DerReader.over(encodeDer(value), 'deep', { maxDepth: 5 })
      while (!reader.done) reader = reader.sequence('inner')
    }
    expect(dig).toThrow(/less nesting/)
    expect(() => DerReader.over(new Uint8Array(11), 'long', { maxLength: 10 })).toThrow(ParseError)
  })

  test('an error names the field and the byte within the whole input', () => {
    const reader = read(derSequence(derUnsigned(1), derSequence(derBoolean(true)))).sequence('outer')
    reader.small('version', 2)
    expect(() => reader.sequence('inner').oid('algorithm')).toThrow(
      new ParseError('test.outer.inner.algorithm', 7, 'tag 0x06'),
    )
  })

  test('arbitrary bytes give an element or a ParseError, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const reader = DerReader.over(bytes, 'fuzz')
        try {
          while (!reader.done) reader.any('value')
        } catch (error) {
          expect(error).toBeInstanceOf(ParseError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a writer refuses what the type cannot hold', () => {
    expect(() => derPrintable('a*b')).toThrow(RangeError)
    expect(() => derIa5('\u00e9')).toThrow(RangeError)
    expect(() => derUnsigned(-1)).toThrow(RangeError)
    for (const oid of ['', '1', '3.1', '1.40', '1.02', '1.2.', 'a.b'])
      expect(() => derOid(oid)).toThrow(RangeError)
  })
})
