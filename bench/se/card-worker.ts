import '@anqu/secure-element/worker'
import { initGmCrypto } from '@anqu/gm-crypto'

console.log(`engine in use in the worker: ${await initGmCrypto()}`)
