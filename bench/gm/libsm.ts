import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

import type { Contender } from './measure.ts'

/** The part of @lifeni/libsm-js that is measured. */
interface Libsm {
  readonly SM2: new () => {
    sign(message: Uint8Array, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array
    verify(message: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean
  }
  readonly SM2Encrypt: new (
    length: number,
    publicKey: Uint8Array,
  ) => { encrypt(data: Uint8Array): Uint8Array }
}

/** The package is an ES module whose package.json does not say so; a copy with the right ending is imported instead. */
async function loadLibsm(): Promise<Libsm> {
  const load = createRequire(import.meta.url)
  const folder = dirname(load.resolve('@lifeni/libsm-js/package.json'))
  // It looks for Node's random source through a variable `module` that its own glue shadows with the WebAssembly module.
  Object.assign(WebAssembly.Module.prototype, { require: load })
  const place = await mkdtemp(join(tmpdir(), 'libsm-'))
  try {
    const file = join(place, 'libsm.mjs')
    await copyFile(join(folder, 'libsm_js.js'), file)
    // Described by the package's own type file; the default export starts it from its binary.
    const module = (await import(pathToFileURL(file).href)) as Libsm & {
      default(binary: Uint8Array): Promise<void>
    }
    await module.default(await readFile(join(folder, 'libsm_js_bg.wasm')))
    return module
  } finally {
    await rm(place, { recursive: true })
  }
}

interface Material {
  readonly message: Uint8Array
  readonly privateBytes: Uint8Array
  readonly publicBytes: Uint8Array
}

/** The package as a contender. Its glue asks for Node: the page's build puts no-libsm.ts in the place of this file. */
export async function libsmPeer({ message, privateBytes, publicBytes }: Material): Promise<{
  sign: Contender[]
  verify: Contender[]
  encrypt: Contender[]
}> {
  const libsm = await loadLibsm()
  const peer = new libsm.SM2()
  const name = '@lifeni/libsm-js'
  const signature = peer.sign(message, privateBytes, publicBytes)
  if (!peer.verify(message, publicBytes, signature)) throw new Error(`${name} does not verify`)
  return {
    sign: [{ name, run: () => peer.sign(message, privateBytes, publicBytes) }],
    verify: [{ name, run: () => peer.verify(message, publicBytes, signature) }],
    encrypt: [{ name, run: () => new libsm.SM2Encrypt(32, publicBytes).encrypt(message) }],
  }
}
