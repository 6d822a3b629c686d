import { describe, expect, test } from 'vitest'
import {
  base64ToBytes,
  base64UrlToBytes,
  ByteReader,
  bytesToBase64,
  bytesToBase64Url,
  bytesToHex,
  bytesToUtf8,
  concatBytes,
  contentToOid,
  derBits,
  derBoolean,
  derExplicit,
  derGeneralizedTime,
  derNull,
  derOctets,
  derOid,
  DerReader,
  derSequence,
  derSetOf,
  derTime,
  derUnsigned,
  derUtf8,
  encodeBerTlv,
  encodeDer,
  encodePem,
  hexToBytes,
  oidToContent,
  ParseError,
  parseBerTlv,
  parsePem,
  utf8ToBytes,
} from './index.ts'
import { fuzz, fuzzRounds } from './testing/index.ts'

const binary = Uint8Array.from({ length: 100 }, (_, at) => (at * 37) & 0xff)
const structure = encodeDer(
  derSequence(
    derUnsigned(70_000),
    derBoolean(true),
    derNull(),
    derOid('1.2.156.10197.1.501'),
    derTime(0),
    derGeneralizedTime(4e12),
    derBits(binary),
    derExplicit(0, derSetOf(derUtf8('张三'), derUtf8('a'))),
    derOctets(encodeDer(derSequence(derUnsigned(1)))),
  ),
)

/** Every way to read an element, chosen by its tag, down to the leaves. */
function walk(reader: DerReader): void {
  while (!reader.done) {
    const tag = reader.peek() ?? 0
    if (tag === 0x01) reader.boolean('field')
    else if (tag === 0x02) reader.unsignedBytes('field', 20)
    else if (tag === 0x03) reader.bits('field')
    else if (tag === 0x04) reader.octets('field')
    else if (tag === 0x05) reader.null('field')
    else if (tag === 0x06) reader.oid('field')
    else if (tag === 0x0a) reader.small('field', 10, tag)
    else if (tag === 0x0c || tag === 0x13 || tag === 0x16) reader.text('field')
    else if (tag === 0x17 || tag === 0x18) reader.time('field')
    else if (tag === 0x30) walk(reader.sequence('field'))
    else if (tag === 0x31) walk(reader.setOf('field'))
    else if (tag === 0xa0) walk(reader.constructed(tag, 'field'))
    else reader.any('field')
  }
}

const asText = (bytes: Uint8Array): string => String.fromCharCode(...bytes)
const kinds: Record<string, [parse: (bytes: Uint8Array) => unknown, samples: Uint8Array[]]> = {
  DER: [(bytes) => walk(DerReader.over(bytes, 'der')), [structure]],
  'object identifiers': [
    (bytes) => {
      const oid = contentToOid(bytes, 'oid', 0)
      // What was read has one spelling.
      expect(bytesToHex(oidToContent(oid))).toBe(bytesToHex(bytes))
    },
    [
      oidToContent('2.25.329800735698586629295641978511506172918'),
      oidToContent('1.2.840.113549.1.9.16.2.47'),
    ],
  ],
  'tag length value': [
    (bytes) => {
      parseBerTlv(bytes, { padding: 'skip' })
      parseBerTlv(bytes)
    },
    [
      concatBytes(
        encodeBerTlv(
          0x6f,
          concatBytes(
            encodeBerTlv(0x84, binary.subarray(0, 7)),
            encodeBerTlv(0xa5, encodeBerTlv(0x9f65, binary)),
          ),
        ),
        encodeBerTlv(0x9f4b, binary),
      ),
    ],
  ],
  PEM: [
    (bytes) => parsePem(asText(bytes)),
    [utf8ToBytes(`text\n${encodePem('CERTIFICATE', binary)}${encodePem('X509 CRL', structure)}`)],
  ],
  base64: [(bytes) => base64ToBytes(asText(bytes)), [utf8ToBytes(bytesToBase64(binary))]],
  'base64 for addresses': [
    (bytes) => base64UrlToBytes(asText(bytes)),
    [utf8ToBytes(bytesToBase64Url(binary))],
  ],
  hexadecimal: [(bytes) => hexToBytes(asText(bytes)), [utf8ToBytes(bytesToHex(binary))]],
  'UTF-8': [(bytes) => bytesToUtf8(bytes, 'text'), [utf8ToBytes('张三 — Ω 🙂 end')]],
  'fields of bytes': [
    (bytes) => {
      const reader = new ByteReader(bytes)
      reader.u8()
      reader.u16()
      reader.vector8()
      reader.u64()
      reader.vector16()
      reader.vector32(64)
      reader.end()
    },
    [Uint8Array.of(1, 0, 2, 3, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 7, 0, 0, 0, 2, 5, 6)],
  ],
}

describe('mutated input is read or refused in bounded time and memory, and never anything else', () => {
  test.each(Object.keys(kinds))(
    '%s',
    (kind) => {
      const [parse, samples] = kinds[kind] ?? [() => {}, []]
      fuzz({ parse, samples, rounds: fuzzRounds(), expected: (error) => error instanceof ParseError })
    },
    600_000,
  )
})
