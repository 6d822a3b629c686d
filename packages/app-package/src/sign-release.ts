import { bytesToHex } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { buildSignedData, type Certificate, type Signer } from '@anqu/pki'
import { encodeManifest } from './manifest.ts'

/** What a publisher puts together. */
interface ReleaseRequest {
  readonly version: string
  readonly releasedAtMs: number
  /** Content by path relative to the package; `index.html` is its page. */
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly certificate: Certificate
  /** Between the certificate and the root. */
  readonly intermediates: readonly Certificate[]
  readonly signer: Signer
}

/** The signed manifest (GM/T 0010 signed data, content attached) that goes with the files. */
export async function signRelease(request: ReleaseRequest): Promise<Uint8Array> {
  const { version, releasedAtMs, certificate, intermediates, signer } = request
  const files = [...request.files]
    .map(([path, content]) => ({ path, bytes: content.length, sm3: bytesToHex(sm3(content)) }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  return buildSignedData({
    family: 'gm',
    content: encodeManifest({ version, releasedAtMs, files }),
    placement: 'attached',
    signers: [{ certificate, signer, signedAttributes: { signingTimeMs: releasedAtMs } }],
    certificates: intermediates,
  })
}
