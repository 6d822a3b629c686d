import { Sm2PrivateKey } from '@anqu/gm-crypto'

/** Where an installation keeps a key. What it is given must be kept secret by the place itself. */
export type SecretStore = {
  load(): Promise<Uint8Array | undefined>
  save(secret: Uint8Array): Promise<void>
}

/**
 * The key of this installation: it authenticates the client's side of every handshake and, once the device is bound, is the
 * possession factor at login. Made at the first start, never sent.
 */
export async function loadInstanceKey(store: SecretStore): Promise<Sm2PrivateKey> {
  const stored = await store.load()
  if (stored !== undefined) {
    const key = Sm2PrivateKey.fromBytes(stored)
    stored.fill(0)
    return key
  }
  const key = Sm2PrivateKey.generate()
  const bytes = key.exportBytes()
  await store.save(bytes)
  bytes.fill(0)
  return key
}
