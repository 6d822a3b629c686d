import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  base64ToBytes,
  base64UrlToBytes,
  bytesToBase64,
  bytesToBase64Url,
  bytesToHex,
  bytesToUtf8,
  encodePem,
  hexToBytes,
  ParseError,
  parsePem,
  pemToBytes,
  utf8ToBytes,
} from './index.ts'

const anyBytes = fc.uint8Array({ maxLength: 300 })
const ascii = (text: string): Uint8Array => utf8ToBytes(text)

describe('hex, base64 and UTF-8', () => {
  test('every byte string survives each text form, and Node agrees on the text', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const node = Buffer.from(bytes)
        expect(bytesToHex(bytes)).toBe(node.toString('hex'))
        expect(bytesToBase64(bytes)).toBe(node.toString('base64'))
        expect(bytesToBase64Url(bytes)).toBe(node.toString('base64url'))
        expect(hexToBytes(bytesToHex(bytes).toUpperCase())).toEqual(bytes)
        expect(base64ToBytes(bytesToBase64(bytes))).toEqual(bytes)
        expect(base64UrlToBytes(bytesToBase64Url(bytes))).toEqual(bytes)
      }),
    )
  })

  // RFC 4648 section 10
  test.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('RFC 4648: %j is %j', (text, encoded) => {
    expect(bytesToBase64(ascii(text))).toBe(encoded)
    expect(base64ToBytes(encoded)).toEqual(ascii(text))
  })

  test.each(['Zg', 'Zg=', 'Zg===', 'Zh==', 'Zm9=', 'Z g=', 'Zg==\n', '====', 'Zm-v', 'Zm9\u0141'])(
    'base64 has one spelling: %j is refused',
    (text) => expect(() => base64ToBytes(text)).toThrow(ParseError),
  )

  test.each(['Zg==', 'Zh', 'Z', 'Zm+v', 'Zm9v\n'])('base64url has one spelling: %j is refused', (text) =>
    expect(() => base64UrlToBytes(text)).toThrow(ParseError),
  )

  test.each(['0', '0g', 'zz', ' 00', '0x00', '\u0660\u0660'])('%j is not hexadecimal', (text) =>
    expect(() => hexToBytes(text)).toThrow(ParseError),
  )

  test('text without unpaired surrogates survives UTF-8, byte order mark included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(bytesToUtf8(utf8ToBytes(text))).toBe(text)
      }),
    )
    expect(bytesToUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41))).toBe('\ufeffA')
  })

  test.each([['c080'], ['eda080'], ['f4908080'], ['e4bd'], ['ff'], ['80']])('%s is not UTF-8', (hex) =>
    expect(() => bytesToUtf8(hexToBytes(hex))).toThrow(ParseError),
  )

  test('an unpaired surrogate has no UTF-8 form', () => {
    expect(() => utf8ToBytes('a\ud800')).toThrow(ParseError)
  })
})

describe('PEM', () => {
  test('every block survives, text around it is skipped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const text = encodePem('CERTIFICATE', bytes)
        expect(pemToBytes(`subject=/CN=a\n${text.replaceAll('\n', '\r\n')}trailer`, 'CERTIFICATE')).toEqual(
          bytes,
        )
        expect(parsePem(text + encodePem('PRIVATE KEY', bytes)).map((block) => block.label)).toEqual([
          'CERTIFICATE',
          'PRIVATE KEY',
        ])
      }),
    )
  })

  test.each([
    ['a block without an end', '-----BEGIN X-----\nAAAA\n'],
    ['an end with another label', '-----BEGIN X-----\nAAAA\n-----END Y-----\n'],
    ['a header line', '-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END X-----\n'],
    ['damaged base64', '-----BEGIN X-----\nAAA\n-----END X-----\n'],
    ['no block at all', 'hello'],
  ])('%s is refused', (_, text) => {
    expect(() => pemToBytes(text, 'X')).toThrow(ParseError)
  })

  test('another label than the asked one is refused', () => {
    expect(() => pemToBytes(encodePem('PRIVATE KEY', Uint8Array.of(1)), 'CERTIFICATE')).toThrow(ParseError)
  })
})
