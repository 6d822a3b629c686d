import {
  sm2Exchange,
  type Sm2Agreement,
  type Sm2ExchangeInput,
  type Sm2PrivateKey,
  type Sm2PublicKey,
} from '@anqu/gm-crypto'

/**
 * The server's side of a key agreement with its certified key (GB/T 32918.3). The ephemeral key stays the caller's to wipe.
 * A server with other work to do hands it to a pool of workers.
 */
export type ServerAgreement = (
  exchange: Omit<Sm2ExchangeInput, 'self' | 'ephemeral'> & {
    readonly ephemeral: Sm2PrivateKey
    readonly peerEphemeral: Sm2PublicKey
    readonly keyLength: number
  },
) => Promise<Sm2Agreement>

/** The agreement in this thread. */
export function agreeWith(key: Sm2PrivateKey): ServerAgreement {
  return async ({ peerEphemeral, keyLength, ...input }) =>
    sm2Exchange({ ...input, self: key }).agree(peerEphemeral, keyLength)
}
