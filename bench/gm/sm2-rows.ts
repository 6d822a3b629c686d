import { bytesToHex } from '@anqu/encoding'
import {
  sm2Decrypt,
  sm2Digest,
  sm2Encrypt,
  Sm2PrivateKey,
  sm2Sign,
  sm2Verifier,
  sm2Verify,
} from '@anqu/gm-crypto'
import { jsEngine } from '@anqu/gm-crypto/engines'
import smCrypto from 'sm-crypto'
import { sm2 as smCryptoV2 } from 'sm-crypto-v2'
import { libsmPeer } from './libsm.ts'
import { compare } from './measure.ts'
import { nativeSm2 } from './native.ts'
import { nobleVerify } from './noble.ts'
import type { Group } from './report.ts'

const message = new Uint8Array(32).fill(0x5a)
const hash = { hash: true } as const

/** The makers of the SM2 tables; each one measures when it is called. */
export async function sm2Groups(): Promise<(() => Group)[]> {
  const key = Sm2PrivateKey.generate()
  const [privateBytes, publicBytes] = [key.exportBytes(), key.publicKey.bytes]
  const [privateHex, publicHex] = [bytesToHex(privateBytes), bytesToHex(publicBytes)]
  const native = nativeSm2(key, message)
  const libsm = await libsmPeer({ message, privateBytes, publicBytes })
  const raw = sm2Sign(key, message)
  const digest = sm2Digest(key.publicKey, message)
  const point = publicBytes.subarray(1)
  const options = { ...hash, publicKey: publicHex }
  const rawHex = bytesToHex(raw)
  const noble = nobleVerify(publicBytes)
  const known = sm2Verifier(key.publicKey)
  const jsKnown = jsEngine.verifier(point)
  const list = Array.from(message)
  const answers = [
    sm2Verify(key.publicKey, message, raw),
    known(message, raw),
    jsEngine.verify(digest, raw, point),
    noble(digest, raw),
    smCryptoV2.doVerifySignature(message, rawHex, publicHex, hash),
    smCrypto.sm2.doVerifySignature(list, rawHex, publicHex, hash),
  ]
  if (answers.includes(false)) throw new Error(`a contender does not verify: ${answers.join(' ')}`)
  const jsSign = {
    digest,
    scalar: privateBytes,
    inverse: jsEngine.signingInverse(privateBytes),
    random: new Uint8Array(32),
  }
  const peers = ['sm-crypto', 'sm-crypto-v2', '@lifeni/libsm-js', '@noble/curves (digest)']
  const ciphertext = sm2Encrypt(key.publicKey, message)
  const plainHex = bytesToHex(ciphertext.subarray(1))
  return [
    () => ({
      title: 'SM2 key pair',
      timings: compare([
        { name: 'gm-crypto', run: () => Sm2PrivateKey.generate().publicKey },
        { name: 'sm-crypto', run: () => smCrypto.sm2.generateKeyPairHex() },
        { name: 'sm-crypto-v2', run: () => smCryptoV2.generateKeyPairHex() },
      ]),
      targets: [],
    }),
    () => ({
      title: 'SM2 sign, 32-byte message, with identity',
      timings: compare([
        { name: 'gm-crypto', run: () => sm2Sign(key, message) },
        { name: 'gm-crypto, JavaScript engine', run: () => jsEngine.sign(jsSign) },
        ...native.sign,
        { name: 'sm-crypto', run: () => smCrypto.sm2.doSignature(list, privateHex, options) },
        { name: 'sm-crypto-v2', run: () => smCryptoV2.doSignature(message, privateHex, options) },
        ...libsm.sign,
      ]),
      targets: [{ ours: 'gm-crypto', peers: ['Node native'], ratio: 10 }],
    }),
    () => ({
      title: 'SM2 verify, 32-byte message, with identity',
      timings: compare([
        { name: 'gm-crypto', run: () => sm2Verify(key.publicKey, message, raw) },
        { name: 'gm-crypto, known key', run: () => known(message, raw) },
        { name: 'gm-crypto, JavaScript engine', run: () => jsEngine.verify(digest, raw, point) },
        { name: 'the same, known key', run: () => jsKnown(digest, raw) },
        ...native.verify,
        { name: 'sm-crypto', run: () => smCrypto.sm2.doVerifySignature(list, rawHex, publicHex, hash) },
        { name: 'sm-crypto-v2', run: () => smCryptoV2.doVerifySignature(message, rawHex, publicHex, hash) },
        ...libsm.verify,
        { name: '@noble/curves (digest)', run: () => noble(digest, raw) },
      ]),
      targets: [
        { ours: 'gm-crypto', peers: ['Node native'], ratio: 2.7 },
        { ours: 'gm-crypto', peers, ratio: 15 },
        { ours: 'gm-crypto, known key', peers: ['Node native'], ratio: 7 },
        { ours: 'gm-crypto, JavaScript engine', peers, ratio: 3 },
      ],
    }),
    () => ({
      title: 'SM2 encrypt 32 bytes',
      timings: compare([
        { name: 'gm-crypto', run: () => sm2Encrypt(key.publicKey, message) },
        { name: 'sm-crypto', run: () => smCrypto.sm2.doEncrypt(list, publicHex) },
        { name: 'sm-crypto-v2', run: () => smCryptoV2.doEncrypt(message, publicHex) },
        ...libsm.encrypt,
      ]),
      targets: [{ ours: 'gm-crypto', peers, ratio: 8 }],
    }),
    () => ({
      title: 'SM2 decrypt 32 bytes',
      timings: compare([
        { name: 'gm-crypto', run: () => sm2Decrypt(key, ciphertext) },
        {
          name: 'sm-crypto',
          run: () => smCrypto.sm2.doDecrypt(plainHex, privateHex, 1, { output: 'array' }),
        },
        {
          name: 'sm-crypto-v2',
          run: () => smCryptoV2.doDecrypt(plainHex, privateHex, 1, { output: 'array' }),
        },
      ]),
      targets: [{ ours: 'gm-crypto', peers, ratio: 8 }],
    }),
  ]
}
