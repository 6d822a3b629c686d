import { sm2Sign, type Sm2PrivateKey, type Sm2PublicKey } from '@anqu/gm-crypto'

/** A key that signs somewhere: in memory, in a secure element, in an HSM. */
export interface Signer {
  readonly publicKey: Sm2PublicKey
  /** r and s, 32 bytes each, over SM3(Z || message) with the default user ID. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

export function privateKeySigner(key: Sm2PrivateKey): Signer {
  return { publicKey: key.publicKey, sign: (message) => sm2Sign(key, message) }
}
