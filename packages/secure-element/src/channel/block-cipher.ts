import { sm4CbcDecrypt, sm4CbcEncrypt } from '@anqu/gm-crypto'

/** The two directions of CBC that a secure channel needs of a cipher. Data are whole blocks; nothing is padded. */
export interface BlockCipher {
  /** TDES, with 8-byte blocks and two keys in 16 bytes, is SCP02's and comes from outside; the others have 16-byte blocks. */
  readonly name: 'SM4' | 'AES' | 'TDES'
  /** Bytes of a key. */
  readonly keyLength: number
  encrypt(key: Uint8Array, iv: Uint8Array, blocks: Uint8Array): Promise<Uint8Array>
  decrypt(key: Uint8Array, iv: Uint8Array, blocks: Uint8Array): Promise<Uint8Array>
}

export const BLOCK_LENGTH = 16

/** SM4-CBC (GB/T 32907, GB/T 17964). */
export const SM4: BlockCipher = {
  name: 'SM4',
  keyLength: 16,
  async encrypt(key, iv, blocks) {
    return sm4CbcEncrypt(key, iv, blocks).slice(0, blocks.length)
  },
  async decrypt(key, iv, blocks) {
    return sm4CbcDecrypt(
      key,
      iv,
      withPaddingBlock(blocks, sm4CbcEncrypt(key, lastBlock(iv, blocks), new Uint8Array(0))),
    )
  },
}

/** AES-128-CBC by WebCrypto: for cards of others, and for those of ours whose profile names it. */
export const AES: BlockCipher = {
  name: 'AES',
  keyLength: 16,
  encrypt: async (key, iv, blocks) => (await aesEncrypt(key, iv, blocks)).slice(0, blocks.length),
  async decrypt(key, iv, blocks) {
    const padding = await aesEncrypt(key, lastBlock(iv, blocks), new Uint8Array(0))
    const parameters = { name: 'AES-CBC', iv: own(iv) }
    const aes = await importAes(key)
    return new Uint8Array(
      await crypto.subtle.decrypt(parameters, aes, own(withPaddingBlock(blocks, padding))),
    )
  },
}

async function aesEncrypt(key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> {
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-CBC', iv: own(iv) },
    await importAes(key),
    own(bytes),
  )
  return new Uint8Array(sealed)
}

function importAes(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', own(key), 'AES-CBC', false, ['encrypt', 'decrypt'])
}

/**
 * Both libraries take PKCS#7 padding off after decrypting. A last block that decrypts to nothing but padding lets the
 * bare blocks before it through unchanged.
 */
function withPaddingBlock(blocks: Uint8Array, padding: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(blocks.length + BLOCK_LENGTH)
  bytes.set(blocks)
  bytes.set(padding, blocks.length)
  return bytes
}

function lastBlock(iv: Uint8Array, blocks: Uint8Array): Uint8Array {
  return blocks.length === 0 ? iv : blocks.subarray(-BLOCK_LENGTH)
}

/** WebCrypto's types want a view of an ArrayBuffer of its own. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
