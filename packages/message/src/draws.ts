import { randomBytes, Sm2PrivateKey } from '@anqu/gm-crypto'

/** Every random value the protocol draws, in one place, so that test vectors can fix them. */
export interface Draws {
  bytes(length: number): Uint8Array
  ephemeral(): Sm2PrivateKey
}

export const randomDraws: Draws = {
  bytes: randomBytes,
  ephemeral: () => Sm2PrivateKey.generate(),
}
