import { bytesToHex, equalBytes, hexToBytes, ParseError } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import {
  EKU_CODE_SIGNING,
  parseSignedData,
  verifySignedData,
  type Certificate,
  type CmsRule,
  type SignerTrust,
} from '@anqu/pki'
import { appPackageName, mostManifestBytes, parseManifest, type Manifest } from './manifest.ts'

/** Why a package is not taken. */
export type Refusal =
  /** There is no signature. */
  | 'unsigned'
  /** Somebody else's, or of a certificate that is not for this app. */
  | 'foreign'
  /** The publisher's certificate is revoked, or nobody can say. */
  | 'revoked'
  /** A signature or a hash does not belong to what came. */
  | 'altered'
  /** The signature is right; what it covers is no package of this app, or needs other algorithms (B-7.5.3-4). */
  | 'malformed'
  /** Not newer than what it would replace. */
  | 'older'

/** A package whose signature holds; each of its files is still to be checked. */
export interface Release {
  readonly manifest: Manifest
  /** SM3 of the signed manifest, hex: names this package. */
  readonly id: string
  readonly publisher: Certificate
}

export type Verdict =
  | { readonly ok: true; readonly release: Release }
  | { readonly ok: false; readonly refusal: Refusal; readonly detail: string }

/** Whose packages are taken, and how the state of a publisher's certificate is found out. */
export type Trust = Pick<SignerTrust, 'anchors' | 'intermediates' | 'atMs' | 'status'>

const refuse = (refusal: Refusal, detail: string): Verdict => ({ ok: false, refusal, detail })

/** With certificates and signature around the manifest. */
export const mostMessageBytes = mostManifestBytes + 32 * 1024

const refusalOf: Partial<Record<CmsRule, Refusal>> = {
  'signer-unknown': 'unsigned',
  'signer-certificate': 'foreign',
  'signer-status': 'revoked',
  algorithm: 'malformed',
}

/**
 * Checks that a package comes from a publisher of this app, before any file of it is fetched (B-7.4-1, A-5.6-4, C-6.1.2-c): one
 * signature under the pinned root, by a certificate for code signing that names this app.
 */
export function verifyRelease(message: Uint8Array, trust: Trust): Verdict {
  if (message.length > mostMessageBytes) return refuse('malformed', `longer than ${mostMessageBytes} bytes`)
  const usage = {
    keyUsage: ['digitalSignature'],
    extKeyUsage: EKU_CODE_SIGNING,
    serverName: appPackageName,
  } as const
  try {
    const verdict = verifySignedData({ message, trust: { ...trust, usage } })
    if (!verdict.ok) return refuse(refusalOf[verdict.rule] ?? 'altered', verdict.detail)
    const [publisher] = verdict.signers
    const manifest = parseManifest(verdict.content)
    if (publisher === undefined || manifest === undefined)
      return refuse('malformed', 'what was signed is no manifest of this app')
    const { certificate } = publisher
    return { ok: true, release: { manifest, id: bytesToHex(sm3(message)), publisher: certificate } }
  } catch (error) {
    if (error instanceof ParseError) return refuse('unsigned', 'not a signed message')
    throw error
  }
}

/** The same for what would replace an installed package: it must be newer. */
export function verifyUpdate(message: Uint8Array, trust: Trust, installed: Manifest): Verdict {
  const verdict = verifyRelease(message, trust)
  if (!verdict.ok || verdict.release.manifest.releasedAtMs > installed.releasedAtMs) return verdict
  return refuse('older', `released ${new Date(verdict.release.manifest.releasedAtMs).toISOString()}`)
}

/** Whether a file is the one that was signed (A-5.6-3, C-6.1.2-b, B-7.5.3-1). */
export function verifyFile(
  { manifest }: Pick<Release, 'manifest'>,
  path: string,
  content: Uint8Array,
): boolean {
  const file = manifest.files.find((one) => one.path === path)
  return file !== undefined && content.length === file.bytes && equalBytes(sm3(content), hexToBytes(file.sm3))
}

/** What a signed manifest says of itself, for whoever handed it out; its signature is not looked at. */
export function releaseIn(message: Uint8Array): (Pick<Release, 'id'> & Manifest) | undefined {
  try {
    const manifest = parseManifest(parseSignedData(message).content ?? new Uint8Array(0))
    return manifest && { ...manifest, id: bytesToHex(sm3(message)) }
  } catch (error) {
    if (error instanceof ParseError) return undefined
    throw error
  }
}
