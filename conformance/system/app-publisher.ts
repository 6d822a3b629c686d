import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  encodeManifest,
  manifestFile,
  signRelease,
  verifyRelease,
  type Manifest,
  type Release,
} from '@anqu/app-package'
import { base64ToBytes } from '@anqu/encoding'
import { importEncryptedPkcs8, Sm2PrivateKey } from '@anqu/gm-crypto'
import {
  buildCertificate,
  buildSignedData,
  EKU_CODE_SIGNING,
  parseCertificate,
  parseSignedData,
  privateKeySigner,
  randomSerial,
  type Certificate,
} from '@anqu/pki'
import { loadKeyFile } from '@anqu/platform'
import type { LiveSystem } from './live-system.ts'

/** What a server hands out, by the path of its address. */
export type Offer = ReadonlyMap<string, Uint8Array>

type Signer = {
  readonly key: Sm2PrivateKey
  readonly certificate: Certificate
  readonly intermediates: readonly Certificate[]
}

const day = 86_400_000

/**
 * White-box: whoever publishes the mobile app, with the key and the files of this run. Makes what a phone may be offered: the app
 * as it is, a later or an earlier one, one with other files, or one that somebody else signed.
 */
export class AppPublisher {
  /** Names the published package. */
  readonly id: string
  /** The app as it is published. */
  readonly files: Offer
  readonly manifest: Manifest
  readonly #signer: Signer

  private constructor(files: Offer, { id, manifest }: Release, signer: Signer) {
    this.id = id
    this.files = files
    this.manifest = manifest
    this.#signer = signer
  }

  static async of({ dataDir, anchors, clock }: LiveSystem): Promise<AppPublisher> {
    const current = path.join(dataDir, 'mobile-release', 'current')
    const message = new Uint8Array(await readFile(path.join(current, manifestFile)))
    const verdict = verifyRelease(message, {
      anchors: anchors.slice(-1),
      atMs: clock.nowMs(),
      status: () => ({ status: 'good' }),
    })
    if (!verdict.ok) throw new Error(`the system published something else: ${verdict.detail}`)
    const { publisher } = verdict.release
    const folder = path.join(dataDir, 'publisher')
    const kek = await loadKeyFile(path.join(folder, 'key-encryption-key'))
    const stored = await readFile(path.join(folder, 'signing-1', 'client-code-signing.p8'), 'utf8')
    const key = importEncryptedPkcs8(base64ToBytes(stored.trim()), kek)
    const intermediates = parseSignedData(message).certificates.filter((one) => one !== publisher)
    const files = new Map([...(await filesIn(current))].filter(([name]) => isOfPackage(name)))
    return new AppPublisher(files, verdict.release, { key, certificate: publisher, intermediates })
  }

  /** Signed properly; `change` makes other files of those of the app, `laterMs` another time of release. */
  offer(change: (path: string, content: Uint8Array) => Uint8Array, laterMs = 1): Promise<Offer> {
    return this.#offer(change, laterMs, this.#signer)
  }

  /** The same by somebody with a root of his own, which says whatever he likes. */
  async foreign(laterMs = 1): Promise<Offer> {
    return this.#offer((_path, content) => content, laterMs, await stranger(this.manifest.releasedAtMs))
  }

  /** A manifest with other fields than it should have, properly signed. */
  async misstated(fields: object, laterMs = 1): Promise<Offer> {
    const { key, certificate, intermediates } = this.#signer
    const later = { ...this.manifest, releasedAtMs: this.manifest.releasedAtMs + laterMs }
    const told: unknown = JSON.parse(new TextDecoder().decode(encodeManifest(later)))
    const message = await buildSignedData({
      family: 'gm',
      content: new TextEncoder().encode(JSON.stringify({ ...(told as object), ...fields })), // an object by its making
      placement: 'attached',
      signers: [{ certificate, signer: privateKeySigner(key), signedAttributes: {} }],
      certificates: intermediates,
    })
    return new Map([...this.files, [`/${manifestFile}`, message]])
  }

  async #offer(
    change: (path: string, content: Uint8Array) => Uint8Array,
    laterMs: number,
    { key, certificate, intermediates }: Signer,
  ): Promise<Offer> {
    const files = new Map(
      this.manifest.files.map(({ path: name }) => {
        const content = this.files.get(`/app/${name}`)
        if (content === undefined) throw new Error(`there is no ${name}`)
        return [name, change(name, content)]
      }),
    )
    const message = await signRelease({
      version: this.manifest.version,
      releasedAtMs: this.manifest.releasedAtMs + laterMs,
      files,
      certificate,
      intermediates,
      signer: privateKeySigner(key),
    })
    const packaged = [...files].map(([name, content]) => [`/app/${name}`, content] as const)
    return new Map([...this.files, ...packaged, [`/${manifestFile}`, message]])
  }
}

async function stranger(atMs: number): Promise<Signer> {
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial: randomSerial(),
    subject: [{ type: 'CN', value: 'Anqu App Publisher' }],
    issuer: 'self',
    publicKey: key.publicKey,
    signer: privateKeySigner(key),
    notBeforeMs: atMs - day,
    notAfterMs: atMs + 365 * day,
    extensions: {
      basicConstraints: { ca: false },
      keyUsage: ['digitalSignature'],
      extKeyUsage: [EKU_CODE_SIGNING],
      subjectAltNames: [{ kind: 'dns', value: 'anqu-mobile' }],
    },
  })
  return { key, certificate: parseCertificate(der), intermediates: [] }
}

/** The loader is not: it is what the package is checked by. */
const isOfPackage = (name: string): boolean => name.startsWith('/app/') || name === `/${manifestFile}`

/** Every file below a folder by the path of its address. */
async function filesIn(folder: string): Promise<Offer> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const file = path.join(parentPath, name)
        const relative = path.relative(folder, file).split(path.sep).join('/')
        return [`/${relative}`, new Uint8Array(await readFile(file))] as const
      }),
    ),
  )
}
