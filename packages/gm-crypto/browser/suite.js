// What scripts/test-browser.mjs runs on a page: the standards' examples and random comparisons on both engines, then a
// short benchmark. The result is left on `globalThis.suiteResult`.
import * as gm from '@anqu/gm-crypto'
import { jsEngine, loadWasmEngine } from '@anqu/gm-crypto/engines'
import { encryption, signature } from '../src/vectors/gbt-32918-5.ts'
import { sm3Examples } from '../src/vectors/gbt-32905.ts'
import { sm4Example } from '../src/vectors/gbt-32907.ts'
import { ccm, gcm } from '../src/vectors/rfc8998.ts'

const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const problems = []
let checks = 0

function same(what, actual, expected) {
  checks++
  if (actual !== expected) problems.push(`${what}: ${actual} instead of ${expected}`)
}

function standards() {
  const key = gm.Sm2PrivateKey.fromBytes(hex(signature.d))
  same('GB/T 32918.5 public key', toHex(key.publicKey.bytes), signature.publicKey)
  const message = new TextEncoder().encode(signature.message)
  same('GB/T 32918.5 verify', gm.sm2Verify(key.publicKey, message, hex(signature.r + signature.s)), true)
  same('own signature', gm.sm2Verifier(key.publicKey)(message, gm.sm2Sign(key, message)), true)
  const opened = gm.sm2Decrypt(key, hex(encryption.c1 + encryption.c3 + encryption.c2))
  same('GB/T 32918.5 decrypt', new TextDecoder().decode(opened), encryption.message)
  for (const { message: data, hash } of sm3Examples) same('GB/T 32905', toHex(gm.sm3(hex(data))), hash)
  const [k, nonce, aad] = [hex(gcm.key), hex(gcm.nonce), hex(gcm.aad)]
  same('RFC 8998 GCM', toHex(gm.sm4GcmSeal(k, nonce, hex(gcm.plaintext), aad)), gcm.ciphertext + gcm.tag)
  same('RFC 8998 CCM', toHex(gm.sm4CcmSeal(k, nonce, hex(ccm.plaintext), { aad })), ccm.ciphertext + ccm.tag)
}

function engineExamples(engine) {
  const block = hex(sm4Example.plaintext)
  engine.sm4Blocks(engine.sm4Schedule(hex(sm4Example.key)), block, block)
  same(`GB/T 32907 on ${engine.name}`, toHex(block), sm4Example.once)
  const scalar = hex(signature.d)
  const input = {
    digest: hex(signature.e),
    scalar,
    inverse: engine.signingInverse(scalar),
    nonce: hex(signature.k),
  }
  same(`GB/T 32918.5 on ${engine.name}`, toHex(engine.signWithNonce(input)), signature.r + signature.s)
}

function compare(js, wasm, rounds) {
  for (let i = 0; i < rounds; i++) {
    const [scalar, nonce] = [
      gm.Sm2PrivateKey.generate().exportBytes(),
      gm.Sm2PrivateKey.generate().exportBytes(),
    ]
    const [digest, data] = [gm.randomBytes(32), gm.randomBytes(i)]
    const inverse = js.signingInverse(scalar)
    const made = js.signWithNonce({ digest, scalar, inverse, nonce })
    const point = js.multiplyBase(scalar)
    same('signature', toHex(wasm.signWithNonce({ digest, scalar, inverse, nonce })), toHex(made))
    same('verification', wasm.verify(digest, made, point) && js.verify(digest, made, point), true)
    same('product', toHex(wasm.multiply(nonce, point)), toHex(js.multiply(nonce, point)))
    same('hash', toHex(wasm.sm3(data)), toHex(js.sm3(data)))
  }
}

function perSecond(run) {
  for (let i = 0; i < 20; i++) run()
  const start = performance.now()
  let count = 0
  while (performance.now() - start < 250) {
    for (let i = 0; i < 8; i++) run()
    count += 8
  }
  return Math.round((count * 1000) / (performance.now() - start))
}

function benchmark() {
  const key = gm.Sm2PrivateKey.generate()
  const message = gm.randomBytes(32)
  const [made, known] = [gm.sm2Sign(key, message), gm.sm2Verifier(key.publicKey)]
  const [data, sealingKey, nonce] = [gm.randomBytes(16384), gm.randomBytes(16), gm.randomBytes(12)]
  return {
    'sign /s': perSecond(() => gm.sm2Sign(key, message)),
    'verify /s': perSecond(() => gm.sm2Verify(key.publicKey, message, made)),
    'verify known key /s': perSecond(() => known(message, made)),
    'SM3 16 KiB MB/s': Math.round((perSecond(() => gm.sm3(data)) * 16384) / 1e6),
    'SM4-GCM 16 KiB MB/s': Math.round(
      (perSecond(() => gm.sm4GcmSeal(sealingKey, nonce, data)) * 16384) / 1e6,
    ),
  }
}

async function run() {
  const engine = await gm.initGmCrypto()
  standards()
  engineExamples(jsEngine)
  if (engine === 'wasm') {
    const wasm = await loadWasmEngine()
    engineExamples(wasm)
    compare(jsEngine, wasm, 200)
  }
  return { engine, checks, problems, figures: benchmark() }
}

run().then(
  (result) => (globalThis.suiteResult = result),
  (error) => (globalThis.suiteResult = { problems: [String(error?.stack ?? error)] }),
)
