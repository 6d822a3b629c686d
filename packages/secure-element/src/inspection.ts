import { bytesToHex } from '@anqu/encoding'
import { SECURITY_SERVICE_AID } from './applets/security-service/command-table.ts'
import { KeyContainers } from './applets/security-service/key-container.ts'
import { QuickKeys } from './applets/security-service/quick-keys.ts'
import { AppletMemory } from './runtime/applet-memory.ts'
import { CardRandom } from './runtime/card-random.ts'
import { NonVolatileMemory, type CardFile } from './runtime/non-volatile-memory.ts'
import type { CardStorage } from './storage/card-storage.ts'

export { deriveSessionKeys } from './channel/session-keys.ts'
export { FileType } from './runtime/non-volatile-memory.ts'

export interface CardInspection {
  /** Every file of the card as it lies under the device key: private keys are still sealed under the PIN in it. */
  readonly files: readonly (CardFile & { readonly path: string })[]
  /** What the security service's own enumeration gives, DER (B-5.4.3-8). */
  readonly certificates: readonly Uint8Array[]
}

/**
 * A card from inside, for white-box checks: for whoever has both its medium and its device key. It takes the card, as every
 * new holder does, so the card that ran is to be reset before it is used again.
 * @throws CardStorageError as powering the card up does.
 */
export async function inspectCard(storage: CardStorage): Promise<CardInspection> {
  const memory = await NonVolatileMemory.open(storage)
  const files = memory.paths('').flatMap((path) => {
    const file = memory.get(path)
    return file === undefined ? [] : [{ path, ...file }]
  })
  const random = new CardRandom()
  const containers = new KeyContainers({
    memory: new AppletMemory(memory, bytesToHex(SECURITY_SERVICE_AID)),
    random,
    publicKeys: new Map(),
    quickKeys: new QuickKeys(random),
  })
  return { files, certificates: containers.enumerate().map(({ certificate }) => certificate.raw) }
}
