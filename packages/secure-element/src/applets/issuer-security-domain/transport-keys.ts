import { ByteReader } from '@anqu/encoding'
import { parseCertificate, PkiError, validateChain, type Certificate } from '@anqu/pki'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import { SM4 } from '../../channel/block-cipher.ts'
import { sealTransportKeys, TRANSPORT_VERSION } from '../../channel/transport-envelope.ts'
import type { CardRandom } from '../../runtime/card-random.ts'
import { put, type AppletMemory } from '../../runtime/applet-memory.ts'
import type { StoredChannelKeys } from './channel-keys.ts'

/** Name in the certificate under which keys are handed over. */
const TSM_NAME = 'anqu-tsm'
const ROOT = 'issuer-root'
const KEY_LENGTH = 16
const MOST_CERTIFICATES = 4

/**
 * The keys of a card that no factory personalised. They are made inside at the first power-up, and leave it only under the
 * certificate of a TSM that leads to the root the card was born with; so whoever carries the APDUs, the page included,
 * sees ciphertext. With the first PUT KEY in their place they are gone, and with them this command.
 */
export class TransportKeys {
  readonly #memory: AppletMemory
  readonly #keys: StoredChannelKeys
  readonly #random: CardRandom

  constructor(memory: AppletMemory, keys: StoredChannelKeys, random: CardRandom) {
    this.#memory = memory
    this.#keys = keys
    this.#random = random
  }

  /** At power-up. A card that has keys, or was born before under another root, keeps what it has. */
  async prepare(root: Uint8Array | undefined): Promise<void> {
    if (this.#keys.versions.length > 0) return
    if (this.#memory.get(ROOT) === undefined) {
      if (root === undefined) return
      await this.#memory.commit([put(ROOT, root)])
    }
    // Cut off in between, the card has a root and no keys, and makes them at the next power-up.
    const part = (): Uint8Array => this.#random.bytes(KEY_LENGTH)
    const keys = { encryption: part(), mac: part(), data: part() }
    await this.#keys.store({ version: TRANSPORT_VERSION, cipher: SM4, keys }, TRANSPORT_VERSION)
  }

  /** @throws StatusError 6985 when there is nothing to hand over (any more), 6982 for a certificate that is not the TSM's. */
  handOver(data: Uint8Array): Uint8Array {
    const root = this.#memory.get(ROOT)
    const keySet = this.#keys.keySet(TRANSPORT_VERSION)
    requireStatus(root !== undefined && keySet !== undefined, StatusWord.conditionsNotSatisfied)
    const leaf = trustedLeaf(data, root)
    return sealTransportKeys(leaf.publicKey, this.#keys.diversification, keySet)
  }
}

/** A card has no clock: certificates are judged at the moment from which all of them hold. */
function trustedLeaf(data: Uint8Array, root: Uint8Array): Certificate {
  try {
    const reader = new ByteReader(data, 'certificates')
    const count = reader.u8()
    requireStatus(count >= 1 && count <= MOST_CERTIFICATES, StatusWord.wrongData)
    const chain = Array.from({ length: count }, () => parseCertificate(reader.vector16().slice()))
    reader.end()
    const anchor = parseCertificate(root)
    const [leaf, ...intermediates] = chain
    requireStatus(leaf !== undefined, StatusWord.wrongData)
    const atMs = Math.max(...[...chain, anchor].map(({ notBeforeMs }) => notBeforeMs))
    const usage = { keyUsage: ['keyEncipherment'], serverName: TSM_NAME } as const
    const verdict = validateChain({ leaf, intermediates, anchors: [anchor], atMs, usage })
    requireStatus(verdict.ok, StatusWord.securityNotSatisfied)
    return leaf
  } catch (error) {
    if (error instanceof PkiError) throw new StatusError(StatusWord.wrongData)
    throw error
  }
}
