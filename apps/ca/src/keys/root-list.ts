import { hexToBytes } from '@anqu/encoding'
import { GmCryptoError, importEncryptedPkcs8, type SecretBytes, type Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCrl,
  parseCrl,
  privateKeySigner,
  type Crl,
  type RevocationReason,
  type RevokedSerial,
} from '@anqu/pki'
import { policy } from '@anqu/policy'
import { publicPaths } from '../publication/shards.ts'
import type { AuthorityKey, KeyFolder } from './key-folder.ts'
import { joinShares, ShareError, type RootShare } from './root-shares.ts'

const authorityReasons = ['cACompromise', 'cessationOfOperation', 'superseded', 'unspecified'] as const

/** The root's list over the issuing CAs. */
export const makeRootList = (
  root: AuthorityKey,
  list: { nowMs: number; number: bigint; revoked: readonly RevokedSerial[]; publicUrl: string },
): Promise<Uint8Array> =>
  buildCrl({
    issuer: root.certificate,
    signer: privateKeySigner(root.key),
    thisUpdateMs: list.nowMs,
    nextUpdateMs: list.nowMs + policy.certificate.rootListValidMs,
    number: list.number,
    revoked: list.revoked,
    scope: { urls: [list.publicUrl + publicPaths.rootList], only: 'authorities' },
  })

type Folders = { readonly online: KeyFolder; readonly offline: KeyFolder }
type Renewal = {
  readonly nowMs: number
  readonly publicUrl: string
  /** Serials (hex) of issuing certificates and reasons, added to those that stand on the list. */
  readonly revoke: readonly (readonly [serialHex: string, reason: string])[]
}

/** Opens the root with the custodians' shares, signs its next list and wipes the key again. */
export async function renewRootList(
  folders: Folders,
  shares: readonly RootShare[],
  { nowMs, publicUrl, revoke }: Renewal,
): Promise<Crl> {
  const before = parseCrl(await folders.online.need('root.crl'))
  const added = revoke.map(([serialHex, reason]) => ({
    serial: hexToBytes(serialHex),
    revokedAtMs: nowMs,
    reason: reasonNamed(reason),
  }))
  const known = new Set([...before.entries()].map(({ serialHex }) => serialHex))
  const repeated = revoke.find(([serialHex]) => known.has(serialHex))
  if (repeated !== undefined) throw new Error(`${repeated[0]} stands on the list already`)
  const standing = [...before.entries()].map(({ serialHex, revokedAtMs, reason }) => ({
    serial: hexToBytes(serialHex),
    revokedAtMs,
    reason,
  }))
  const root = await openRoot(folders, shares)
  const number = before.number + 1n
  const der = await makeRootList(root, { nowMs, number, revoked: [...standing, ...added], publicUrl })
  root.key.wipe()
  await folders.online.write('root.crl', der)
  return parseCrl(der)
}

function reasonNamed(name: string): RevocationReason {
  const reason = authorityReasons.find((known) => known === name)
  if (reason === undefined) throw new Error(`a reason is one of ${authorityReasons.join(', ')}`)
  return reason
}

async function openRoot({ online, offline }: Folders, shares: readonly RootShare[]): Promise<AuthorityKey> {
  const sealed = await offline.need('root.p8')
  const certificate = await online.readCertificate('root')
  const passphrase = await joinShares(shares)
  const key = tryOpen(sealed, passphrase)
  passphrase.wipe()
  if (key === undefined || !certificate.publicKey.equals(key.publicKey))
    throw new ShareError('these shares do not open this root key; fewer than the ceremony asked for do not')
  return { key, certificate }
}

function tryOpen(sealed: Uint8Array, passphrase: SecretBytes): Sm2PrivateKey | undefined {
  try {
    return importEncryptedPkcs8(sealed, passphrase)
  } catch (error) {
    if (error instanceof GmCryptoError) return undefined
    throw error
  }
}
