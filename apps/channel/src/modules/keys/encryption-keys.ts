import { GmCryptoError, sm2Decrypt, Sm2PrivateKey, type SecretBytes } from '@anqu/gm-crypto'
import { parseCertificate, type Certificate } from '@anqu/pki'
import { policy } from '@anqu/policy'
import type { Clock } from '@anqu/platform'
import type { KeyStore, StoredKey } from './key-store.ts'
import { openBox } from './sealed-box.ts'

export type EncryptionKeys = {
  /** The chain of the newest certificate, leaf first: what clients encrypt to. */
  chain(): Promise<readonly Uint8Array[]>
  /** Opens 04‖C1‖C3‖C2 made for the certificate with this serial; undefined when it is no certificate of ours in force, or nothing opens. */
  open(serial: string, ciphertext: Uint8Array): Promise<Uint8Array | undefined>
  /**
   * Makes a new pair when the newest certificate soon runs out or is revoked. The one before goes on opening until its own end:
   * what was encrypted to it while it was good is a customer's order.
   */
  renew(): Promise<void>
}

type Pair = {
  readonly certificate: Certificate
  readonly chain: readonly Uint8Array[]
  readonly key: Sm2PrivateKey
}

const nameOf = (generation: number): string => `sm2:encryption:${generation}`

/**
 * The pairs that transaction data is encrypted to (B-5.4.1-9, B-6.2.6-1). Private keys are stored wrapped and leave this process
 * by no interface.
 */
export function createEncryptionKeys(needs: {
  store: KeyStore
  clock: Clock
  kek: SecretBytes
  make: (name: string) => Promise<StoredKey>
  isRevoked: (chain: readonly Uint8Array[]) => Promise<boolean>
}): EncryptionKeys {
  const { store, clock, kek, make, isRevoked } = needs
  const pairs: Pair[] = []
  // Another process may have made a pair since.
  const load = async (): Promise<void> => {
    for (;;) {
      const name = nameOf(pairs.length + 1)
      const stored = await store.find(name)
      if (stored === undefined) return
      pairs.push(pairOf(stored, name, kek))
    }
  }
  const current = async (): Promise<Pair> => {
    await load()
    const newest = pairs.at(-1)
    if (newest === undefined) throw new Error('there is no encryption key yet')
    return newest
  }
  return {
    chain: async () => (await current()).chain,
    async open(serial, ciphertext) {
      const held = (): Pair | undefined => pairs.find(({ certificate }) => certificate.serialHex === serial)
      if (held() === undefined) await load()
      const pair = held()
      if (pair === undefined || pair.certificate.notAfterMs <= clock.nowMs()) return undefined
      try {
        return sm2Decrypt(pair.key, ciphertext)
      } catch (error) {
        if (error instanceof GmCryptoError) return undefined
        throw error
      }
    },
    async renew() {
      await load()
      const newest = pairs.at(-1)
      const leftMs = (newest?.certificate.notAfterMs ?? 0) - clock.nowMs()
      const lasts = leftMs > policy.certificate.nearExpiryMs
      if (newest !== undefined && lasts && !(await isRevoked(newest.chain))) return
      await make(nameOf(pairs.length + 1))
      await load()
    },
  }
}

function pairOf(stored: StoredKey, name: string, kek: SecretBytes): Pair {
  if (stored.certificate === null) throw new Error(`${name} has no certificate`)
  return {
    certificate: parseCertificate(stored.certificate),
    chain: stored.chain,
    key: Sm2PrivateKey.fromBytes(openBox(kek, name, stored.wrapped)),
  }
}
