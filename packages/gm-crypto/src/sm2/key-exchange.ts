import { concat } from '../bytes.ts'
import { engine } from '../engine/current.ts'
import { GmCryptoError } from '../errors.ts'
import { sm2Kdf } from '../sm3/key-derivation.ts'
import { Sm3 } from '../sm3/sm3.ts'
import { scalarOf, Sm2PrivateKey } from './private-key.ts'
import { pointOf, sm2Identity, type Sm2Id, type Sm2PublicKey } from './public-key.ts'

export interface Sm2ExchangeInput {
  /** The initiator is user A of the standard, the responder user B. */
  readonly role: 'initiator' | 'responder'
  readonly self: Sm2PrivateKey
  readonly peer: Sm2PublicKey
  readonly selfId?: Sm2Id
  readonly peerId?: Sm2Id
  /** The pair for this one exchange; generated unless given. Using one twice gives up forward secrecy. */
  readonly ephemeral?: Sm2PrivateKey
}

export interface Sm2Agreement {
  /** The agreed key. The caller answers for erasing it. */
  readonly key: Uint8Array<ArrayBuffer>
  /** 32 bytes to send: S_A of the initiator, S_B of the responder. */
  readonly confirmSend: Uint8Array<ArrayBuffer>
  /** 32 bytes the peer must have sent; compare with `constantTimeEqual` before the key is used. */
  readonly confirmExpect: Uint8Array<ArrayBuffer>
}

export interface Sm2Exchange {
  /** R = r·G, to be sent to the peer. */
  readonly ephemeralPublic: Sm2PublicKey
  /**
   * Computes the shared key of `keyLength` bytes and both confirmation values. Throws `gm.agreement-failed` when the
   * shared point is at infinity (GB/T 32918.3, 6.1 A7 and B6).
   */
  agree(peerEphemeral: Sm2PublicKey, keyLength: number): Sm2Agreement
  /** Erases an ephemeral key generated here. */
  wipe(): void
}

/** x̄ = 2¹²⁷ + (x mod 2¹²⁷) as 32 bytes (GB/T 32918.3, 6.1 A4, with w = 127). */
function shortX(point: Uint8Array): Uint8Array {
  const out = new Uint8Array(32)
  out.set(point.subarray(16, 32), 16)
  out[16] = 0x80 | (out[16] ?? 0)
  return out
}

function sharedPoint(
  self: Sm2PrivateKey,
  ephemeral: Sm2PrivateKey,
  peer: Uint8Array,
  peerEphemeral: Uint8Array,
): Uint8Array {
  const ownX = shortX(pointOf(ephemeral.publicKey))
  const t = engine().multiplyAdd(scalarOf(self), ownX, scalarOf(ephemeral))
  const combined = engine().combine(peer, shortX(peerEphemeral), peerEphemeral)
  // t = 0 has a chance of 2⁻²⁵⁶ unless a key was made for it; either way the point is at infinity.
  if (combined === undefined || t.every((byte) => byte === 0)) {
    throw new GmCryptoError('gm.agreement-failed', 'the key agreement failed')
  }
  const shared = engine().multiply(t, combined)
  t.fill(0)
  return shared
}

/** Starts a key agreement with both sides authenticated by their static keys (GB/T 32918.3—2016). */
export function sm2Exchange(input: Sm2ExchangeInput): Sm2Exchange {
  const ephemeral = input.ephemeral ?? Sm2PrivateKey.generate()
  const { role, self, peer } = input
  return {
    ephemeralPublic: ephemeral.publicKey,
    agree(peerEphemeral, keyLength) {
      const shared = sharedPoint(self, ephemeral, pointOf(peer), pointOf(peerEphemeral))
      const own = [sm2Identity(self.publicKey, input.selfId), pointOf(ephemeral.publicKey)] as const
      const other = [sm2Identity(peer, input.peerId), pointOf(peerEphemeral)] as const
      const [[zA, rA], [zB, rB]] = role === 'initiator' ? [own, other] : [other, own]
      const secret = concat(shared, zA, zB)
      const key = sm2Kdf(secret, keyLength)
      const inner = new Sm3()
        .update(shared.subarray(0, 32))
        .update(zA)
        .update(zB)
        .update(rA)
        .update(rB)
        .digest()
      const y = shared.subarray(32)
      const byResponder = new Sm3().update(Uint8Array.of(2)).update(y).update(inner).digest()
      const byInitiator = new Sm3().update(Uint8Array.of(3)).update(y).update(inner).digest()
      secret.fill(0)
      shared.fill(0)
      return role === 'initiator'
        ? { key, confirmSend: byInitiator, confirmExpect: byResponder }
        : { key, confirmSend: byResponder, confirmExpect: byInitiator }
    },
    wipe() {
      if (input.ephemeral === undefined) ephemeral.wipe()
    },
  }
}
