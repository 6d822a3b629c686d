import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes, bytesToHex, bytesToUtf8, ParseError } from '@anqu/encoding'
import { sm2Verify, sm3 } from '@anqu/gm-crypto'
import { EKU_CODE_SIGNING, parseCertificate, PkiError, validateChain, type Certificate } from '@anqu/pki'
import type { Clock } from '@anqu/platform'
import { parseLoadFile, StatusError } from '@anqu/secure-element'
import type { z } from 'zod'
import type { packageRegisterRequest } from '../api/schemas.ts'
import { TsmRefusal } from '../refused.ts'

/** Whose packages are taken. */
export type PackageTrust = {
  readonly clock: Clock
  /** Roots and intermediates that a signer's certificate must lead through, root last. */
  readonly anchors: readonly Certificate[]
  /** Folder with the certificates (DER, base64) of publishers whose packages are taken. */
  readonly signersDir: string
}

/** A load file that every card of the project has room for. */
const longestLoadFile = 32_768

/**
 * A package as it was published: its publisher is listed and valid now, its load file has the hash that it was published
 * with, the publisher signed that load file, and it says itself under which identifier and name it is handed in.
 * @throws TsmRefusal that says what stands against it
 */
export async function checkPackage(needs: PackageTrust, request: z.infer<typeof packageRegisterRequest>) {
  const loadFile = base64ToBytes(request.loadFile)
  if (loadFile.length > longestLoadFile) throw new TsmRefusal('too-large', `${loadFile.length} bytes`)
  const signature = base64ToBytes(request.signature)
  const certificate = await trustedSigner(needs, base64ToBytes(request.certificate))
  if (bytesToHex(sm3(loadFile)) !== request.hash)
    throw new TsmRefusal('altered', 'the load file has another hash')
  if (!sm2Verify(certificate.publicKey, loadFile, signature))
    throw new TsmRefusal('altered', 'the signature is not the signer’s over this load file')
  try {
    const { aid, name, version, modules } = parseLoadFile(loadFile)
    if (bytesToHex(aid) !== request.aid || name !== request.name)
      throw new TsmRefusal('altered', `signed as ${name} ${bytesToHex(aid)}`)
    if (version < 1 || version > 0xffff) throw new TsmRefusal('bad-package', 'version out of range')
    return {
      version,
      modules: modules.map((aid) => bytesToHex(aid)),
      loadFile,
      signature,
      certificate,
    }
  } catch (error) {
    if (error instanceof StatusError || error instanceof ParseError)
      throw new TsmRefusal('bad-package', `not a load file: ${error.message}`)
    throw error
  }
}

/** Listed by the administrator, for signing code, and valid under the pinned root now. */
async function trustedSigner(
  { anchors, clock, signersDir }: PackageTrust,
  der: Uint8Array,
): Promise<Certificate> {
  const certificate = parsedCertificate(der)
  const verdict = validateChain({
    leaf: certificate,
    intermediates: anchors.slice(0, -1),
    anchors: anchors.slice(-1),
    atMs: clock.nowMs(),
    usage: { keyUsage: ['digitalSignature'], extKeyUsage: EKU_CODE_SIGNING },
  })
  if (!verdict.ok) throw new TsmRefusal('untrusted-signer', `certificate: ${verdict.rule}`)
  await requireListed(der, signersDir)
  return certificate
}

/** @throws TsmRefusal for a certificate that the administrator has not listed, or has taken off the list. */
export async function requireListed(der: Uint8Array, signersDir: string): Promise<void> {
  const listed = await listedSigners(signersDir)
  if (!listed.includes(bytesToHex(sm3(der))))
    throw new TsmRefusal('untrusted-signer', 'the certificate is not listed')
}

function parsedCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof PkiError || error instanceof ParseError)
      throw new TsmRefusal('untrusted-signer', 'not a certificate')
    throw error
  }
}

async function listedSigners(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cer'))
  return Promise.all(
    names.map(async (name) => {
      const text = bytesToUtf8(new Uint8Array(await readFile(path.join(folder, name))))
      return bytesToHex(sm3(base64ToBytes(text.trim())))
    }),
  )
}
