// In a page built by Vite. The content security policy must allow 'wasm-unsafe-eval' for the WebAssembly engine; without
// it the JavaScript engine is used, with the same results.
import { initGmCrypto, sm2Sign, sm2Verifier, Sm2PrivateKey } from '@anqu/gm-crypto'

const engine = await initGmCrypto()
const key = Sm2PrivateKey.generate()
const verify = sm2Verifier(key.publicKey)
const messages = ['one', 'two', 'three'].map((text) => new TextEncoder().encode(text))
const sound = messages.every((message) => verify(message, sm2Sign(key, message)))
document.body.append(
  sound ? `three signatures verified on the ${engine} engine` : 'a signature does not verify',
)
