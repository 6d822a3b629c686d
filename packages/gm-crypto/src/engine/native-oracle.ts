import { constantTimeEqual, fromHex } from '../bytes.ts'
import { sm2SignatureFromDer, sm2SignatureToDer } from '../sm2/signature.ts'
import { signature } from '../vectors/gbt-32918-5.ts'
import type { Engine } from './engine.ts'

/** The little of Node's crypto module that the oracle needs. */
interface NativeCrypto {
  createHash(name: string): { update(data: Uint8Array): { digest(): Uint8Array } }
  createPrivateKey(key: object): object
  createPublicKey(key: object): object
  createSign(digest: string): { update(data: Uint8Array): { sign(key: object): Uint8Array } }
  createVerify(digest: string): {
    update(data: Uint8Array): { verify(key: object, signature: Uint8Array): boolean }
  }
}
interface NodeProcess {
  getBuiltinModule?: (name: string) => NativeCrypto | undefined
}

function nativeCrypto(): NativeCrypto | undefined {
  // `process` exists in Node only; without its types, its one function used here is described above.
  const { process } = globalThis as unknown as { process?: NodeProcess }
  return process?.getBuiltinModule?.('node:crypto')
}

/** Node may be built with a library that has no SM3 or SM2; then there is no oracle to ask. */
function asked<T>(ask: (crypto: NativeCrypto) => T): T | undefined {
  const crypto = nativeCrypto()
  if (crypto === undefined) return undefined
  try {
    return ask(crypto)
  } catch {
    return undefined
  }
}

// PKCS#8 of an SM2 key up to the 32 bytes of the scalar, and what stands between them and the point.
const beforeScalar = '308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420'
const beforePoint = 'a144034200'

/** The key of the standard's example in the platform's hands. */
function nativeKey(crypto: NativeCrypto): { privateKey: object; publicKey: object } {
  const der = fromHex(beforeScalar + signature.d + beforePoint + signature.publicKey)
  const privateKey = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return { privateKey, publicKey: crypto.createPublicKey(privateKey) }
}

/**
 * Whether the engine and the platform's own implementation, where there is one, verify each other's signatures and hash
 * alike. OpenSSL signs without an identity, so Z stands before the message (GB/T 32918.2, 5.5). About a millisecond.
 */
export function agreesWithNative(engine: Engine): boolean {
  const pattern = Uint8Array.from({ length: 1000 }, (_, i) => i)
  const hash = asked((crypto) => crypto.createHash('sm3').update(pattern).digest())
  if (hash !== undefined && !constantTimeEqual(engine.sm3(pattern), hash)) return false

  const digest = fromHex(signature.e)
  const signed = new Uint8Array([...fromHex(signature.z), ...new TextEncoder().encode(signature.message)])
  const scalar = fromHex(signature.d)
  const random = new Uint8Array(32)
  const ours = engine.sign({ digest, scalar, inverse: engine.signingInverse(scalar), random })
  const answer = asked((crypto) => {
    const { privateKey, publicKey } = nativeKey(crypto)
    return {
      accepts: crypto.createVerify('sm3').update(signed).verify(publicKey, sm2SignatureToDer(ours)),
      theirs: crypto.createSign('sm3').update(signed).sign(privateKey),
    }
  })
  if (answer === undefined) return true
  const point = fromHex(signature.publicKey).subarray(1)
  return answer.accepts && engine.verify(digest, sm2SignatureFromDer(answer.theirs), point)
}
