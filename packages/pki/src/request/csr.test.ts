import { bytesToHex, hexToBytes, ParseError } from '@anqu/encoding'
import { Sm2PrivateKey, sm2Sign } from '@anqu/gm-crypto'
import { describe, expect, test } from 'vitest'
import {
  createCsr,
  formatName,
  parseCsr,
  PkiError,
  privateKeySigner,
  verifyCsr,
  type Name,
} from '../index.ts'

const subject: Name = [
  { type: 'C', value: 'CN' },
  { type: 'O', value: '安渠' },
  { type: 'OU', value: 'Zhang, San' },
  { type: 'serialNumber', value: '0190-77' },
  { type: 'CN', value: '张三' },
]
const key = Sm2PrivateKey.generate()

describe('certification requests', () => {
  test('a request reads back and proves possession of its key', async () => {
    const csr = parseCsr(await createCsr({ key: privateKeySigner(key), subject }))
    expect(csr.subject).toEqual(subject)
    expect(formatName(csr.subject)).toBe('CN=张三,serialNumber=0190-77,OU=Zhang\\, San,O=安渠,C=CN')
    expect(csr.publicKey.equals(key.publicKey)).toBe(true)
    expect(csr.attributes).toEqual([])
    expect(verifyCsr(csr)).toBe(true)
  })

  test('a key that signs elsewhere, later, is as good', async () => {
    const remote = { publicKey: key.publicKey, sign: async (message: Uint8Array) => sm2Sign(key, message) }
    expect(verifyCsr(parseCsr(await createCsr({ key: remote, subject })))).toBe(true)
  })

  test('a request signed by another key than the one it names does not verify', async () => {
    const other = Sm2PrivateKey.generate()
    const forged = { publicKey: key.publicKey, sign: (message: Uint8Array) => sm2Sign(other, message) }
    expect(verifyCsr(parseCsr(await createCsr({ key: forged, subject })))).toBe(false)
  })

  test('a changed subject does not verify', async () => {
    const text = bytesToHex(await createCsr({ key: privateKeySigner(key), subject }))
    const changed = text.replace(
      bytesToHex(new TextEncoder().encode('0190-77')),
      bytesToHex(new TextEncoder().encode('0190-78')),
    )
    expect(verifyCsr(parseCsr(hexToBytes(changed)))).toBe(false)
  })

  test('a point that is not on the curve is refused', async () => {
    const text = bytesToHex(await createCsr({ key: privateKeySigner(key), subject }))
    const point = bytesToHex(key.publicKey.bytes)
    const changed = text.replace(point, `${point.slice(0, -2)}${point.endsWith('00') ? '01' : '00'}`)
    expect(() => parseCsr(hexToBytes(changed))).toThrow(PkiError)
  })

  test('a key of another curve is refused', async () => {
    const text = bytesToHex(await createCsr({ key: privateKeySigner(key), subject }))
    expect(() => parseCsr(hexToBytes(text.replace('2a811ccf5501822d', '2a811ccf5501822e')))).toThrow(PkiError)
  })

  test('trailing bytes and a cut request are refused', async () => {
    const der = await createCsr({ key: privateKeySigner(key), subject })
    expect(() => parseCsr(Uint8Array.of(...der, 0))).toThrow(ParseError)
    expect(() => parseCsr(der.subarray(0, -1))).toThrow(ParseError)
  })
})
