// Signs and seals in Node as an ES module: node node-esm.mjs
import {
  initGmCrypto,
  randomBytes,
  sm2Sign,
  sm2Verify,
  Sm2PrivateKey,
  sm4GcmOpen,
  sm4GcmSeal,
} from '@anqu/gm-crypto'

const engine = await initGmCrypto()
const key = Sm2PrivateKey.generate()
const message = new TextEncoder().encode('premium 128.00')
const signature = sm2Sign(key, message)
if (!sm2Verify(key.publicKey, message, signature)) throw new Error('the signature does not verify')

const [sealingKey, nonce] = [randomBytes(16), randomBytes(12)]
const sealed = sm4GcmSeal(sealingKey, nonce, message)
const opened = sm4GcmOpen(sealingKey, nonce, sealed)
if (new TextDecoder().decode(opened) !== 'premium 128.00') throw new Error('the text has changed')

console.log(`signed and sealed on the ${engine} engine; the key prints as ${key}`)
