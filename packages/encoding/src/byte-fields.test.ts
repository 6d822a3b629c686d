import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, ParseError } from './index.ts'

describe('ByteReader and ByteWriter', () => {
  test('what was written is read back, and nothing is left', () => {
    const fields = fc.tuple(
      fc.nat(0xff),
      fc.nat(0xffff),
      fc.nat(0xffff_ffff),
      fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
      fc.uint8Array({ maxLength: 255 }),
      fc.uint8Array({ maxLength: 700 }),
    )
    fc.assert(
      fc.property(fields, ([u8, u16, u32, u64, short, long]) => {
        const bytes = new ByteWriter()
          .u8(u8)
          .u16(u16)
          .u32(u32)
          .u64(u64)
          .vector8(short)
          .vector16(long)
          .vector32(long)
        const reader = new ByteReader(bytes.finish())
        expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([u8, u16, u32, u64])
        expect(reader.vector8()).toEqual(short)
        expect(reader.vector16()).toEqual(long)
        expect(reader.vector32(700)).toEqual(long)
        reader.end()
      }),
    )
  })

  test('a field that is cut short is refused with its place', () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3), 'record')
    reader.u16()
    expect(() => reader.u16()).toThrow(new ParseError('record', 2, 'a 16-bit number'))
    expect(() => reader.bytes(2)).toThrow(ParseError)
    expect(reader.rest()).toEqual(Uint8Array.of(3))
  })

  test('a length above the stated maximum is refused before anything is taken', () => {
    expect(() => new ByteReader(Uint8Array.of(0, 0, 1, 0, 5)).vector32(4)).toThrow(ParseError)
    expect(() => new ByteReader(Uint8Array.of(3, 1, 2, 3)).vector8(2)).toThrow(ParseError)
  })

  test('bytes nobody asked for are refused', () => {
    expect(() => new ByteReader(Uint8Array.of(0)).end()).toThrow(ParseError)
  })

  test('a value outside its field, or more than the limit, is not written', () => {
    const writer = new ByteWriter(4)
    for (const value of [-1, 256, 1.5, Number.NaN]) expect(() => writer.u8(value)).toThrow(RangeError)
    expect(() => writer.u64(-1n)).toThrow(RangeError)
    writer.u32(0xffff_ffff)
    expect(() => writer.u8(0)).toThrow(RangeError)
    expect(writer.finish()).toEqual(Uint8Array.of(255, 255, 255, 255))
  })
})
