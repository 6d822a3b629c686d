import { base64ToBytes, bytesToBase64, bytesToHex } from '@anqu/encoding'
import { SecretBytes, sm3 } from '@anqu/gm-crypto'
import { combine, split } from 'shamir-secret-sharing'

/** One custodian's part of what opens the root key. */
export type RootShare = { readonly custodian: string; readonly set: string; readonly bytes: Uint8Array }

export class ShareError extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'ShareError'
  }
}

const title = 'Anqu root key share'
const passphraseBytes = 32
const longestFile = 1024

/** A fresh passphrase for the root key, and as many shares as custodians; any `threshold` of them give it back. */
export async function newPassphrase(
  custodians: readonly string[],
  threshold: number,
  set: string,
): Promise<{ passphrase: SecretBytes; shares: RootShare[] }> {
  const passphrase = SecretBytes.random(passphraseBytes)
  const parts = await passphrase.use((bytes) => split(bytes, custodians.length, threshold))
  const shares = parts.map((bytes, index) => ({ custodian: custodians[index] ?? '', set, bytes }))
  return { passphrase, shares }
}

/** Fewer shares than the threshold give another passphrase, which the root key does not open with. */
export async function joinShares(shares: readonly RootShare[]): Promise<SecretBytes> {
  if (new Set(shares.map(({ set }) => set)).size !== 1)
    throw new ShareError('the shares are not of one ceremony')
  if (new Set(shares.map(({ bytes }) => bytesToHex(bytes))).size !== shares.length)
    throw new ShareError('a share was given twice')
  if (shares.length < 2) throw new ShareError('more shares are needed')
  const joined = await combine(shares.map(({ bytes }) => Uint8Array.from(bytes)))
  const passphrase = SecretBytes.from(joined)
  joined.fill(0)
  return passphrase
}

/** Fingerprint of a share for the record: nobody finds the share by it. */
export const shareFingerprint = ({ bytes }: RootShare): string => bytesToHex(sm3(bytes)).slice(0, 16)

/** Lines of a share's file. The last one finds a slip of the pen when it was copied by hand. */
export const shareToText = (share: RootShare): string =>
  [title, share.custodian, share.set, bytesToBase64(share.bytes), shareFingerprint(share), ''].join('\n')

export function shareFromText(text: string): RootShare {
  if (text.length > longestFile) throw new ShareError('not a share: too long')
  const [first, custodian = '', set = '', encoded = '', fingerprint] = text.trim().split(/\s*\n\s*/)
  if (first !== title || !/^[A-Za-z0-9+/]{40,88}={0,2}$/.test(encoded))
    throw new ShareError('not a share of a root key')
  const share = { custodian, set, bytes: base64ToBytes(encoded) }
  if (shareFingerprint(share) !== fingerprint) throw new ShareError('a share was copied wrongly')
  return share
}
