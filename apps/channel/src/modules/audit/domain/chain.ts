import { sm3, constantTimeEqual } from '@anqu/gm-crypto'
import { ByteWriter, utf8ToBytes } from '@anqu/encoding'

/** Hash before the first record of a chain. */
export const genesisHash: Uint8Array = new Uint8Array(32)

/**
 * hash(n) = SM3(hash(n−1) ‖ n as u64 ‖ canonical record): a record cannot be changed, moved, left out or put in without
 * every later hash changing (D-5.4.4.2).
 */
export function chainHash(previous: Uint8Array, sequence: bigint, body: string): Uint8Array {
  return sm3(new ByteWriter().bytes(previous).u64(sequence).bytes(utf8ToBytes(body)).finish())
}

export type ChainLink = { sequence: bigint; body: string; previousHash: Uint8Array; hash: Uint8Array }

/** True when the link continues a chain whose last hash and sequence are given. */
export function continuesChain(link: ChainLink, lastSequence: bigint, lastHash: Uint8Array): boolean {
  return (
    link.sequence === lastSequence + 1n &&
    constantTimeEqual(link.previousHash, lastHash) &&
    constantTimeEqual(link.hash, chainHash(lastHash, link.sequence, link.body))
  )
}

/** The bytes the server signs for a head. */
export const headStatement = (chain: string, sequence: bigint, hash: Uint8Array): Uint8Array =>
  new ByteWriter()
    .bytes(utf8ToBytes(`anqu.audit-head.v1\n${chain}\n${sequence}\n`))
    .bytes(hash)
    .finish()
