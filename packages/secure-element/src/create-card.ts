import type { Sm2PublicKey } from '@anqu/gm-crypto'
import { securityServiceApplet } from './applets/security-service/security-service.ts'
import type { KeySet } from './channel/key-set.ts'
import type { ChannelProfile } from './channel/secure-channel.ts'
import type { RandomSource } from './runtime/card-random.ts'
import { Card } from './runtime/card.ts'
import type { CardStorage } from './storage/card-storage.ts'

/** Keys of the secure channel are of SM4, and of what else the profile names. */
export interface CardOptions extends ChannelProfile {
  readonly storage: CardStorage
  /** Bytes of card memory; 256 KiB by default. */
  readonly quota?: number
  /** Keys of the secure channel, given to a new card; a card without any opens no channel. */
  readonly channelKeys?: readonly KeySet[]
  /** 'required': the application is reached through a secure channel only. */
  readonly channelPolicy?: 'required' | 'optional'
  /** 'to-be-loaded': a new card has no application until a package is loaded and installed over the channel. */
  readonly applications?: 'preinstalled' | 'to-be-loaded'
  /** Whose SM2 signature packages must carry that are loaded onto the card. */
  readonly packageKey?: Sm2PublicKey
  /** Root of the issuer's certificates (DER): a new card without keys makes transport keys and hands them to its TSM. */
  readonly issuerRoot?: Uint8Array
  /** Tests only: the card's random numbers come from gm-crypto. */
  readonly random?: RandomSource
  /** Tests only: rounds of PBKDF2 from PIN to key. */
  readonly pinIterations?: number
}

/** A card with the security-service application, in this process. It powers up at the first command. */
export function createCard(options: CardOptions): Card {
  const { pinIterations, ...setup } = options
  return new Card({ ...setup, applets: [securityServiceApplet(pinIterations)] })
}
