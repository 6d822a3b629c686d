import { Sm2PrivateKey, sm2Sign } from '@anqu/gm-crypto'
import {
  buildCertificate,
  buildCrl,
  parseCertificate,
  randomSerial,
  type Certificate,
  type CrlRequest,
  type ExtensionRequest,
  type Name,
  type RevocationReason,
  type Signer,
} from '../index.ts'
import { NOW_MS, YEAR_MS, type Party } from './test-chain.ts'

const HOUR_MS = 3_600_000

/** Who signs a list of a case. */
export type Signing =
  /** The CA that issued the certificate, with the key it issues with. */
  | 'ca'
  | 'root'
  /** A second key of the CA, certified by the root for lists only. */
  | 'list-key'
  /** The same name and usage, certified by a root nobody knows. */
  | 'stranger'
  /** A CA of another name below the same root. */
  | 'other'

export interface ListOf extends Partial<
  Pick<CrlRequest, 'number' | 'scope' | 'deltaBase' | 'thisUpdateMs' | 'nextUpdateMs'>
> {
  readonly by: Signing
  readonly revokes?: readonly ('leaf' | 'ca' | 'list-key' | 'somebody')[]
  readonly reason?: RevocationReason
  /** The entries name the CA as issuer, as an indirect list must. */
  readonly ofCa?: true
  /** Changes the signed list. */
  readonly spoil?: (der: Uint8Array, signer: Signer) => Uint8Array | Promise<Uint8Array>
}

/** A chain root, CA, end entity and lists about it, as one case wants them. */
export interface ListCase {
  readonly name: string
  /** Extensions of the end entity, over those of a plain one. */
  readonly leaf?: ExtensionRequest
  readonly leafSerial?: Uint8Array
  readonly lists: readonly ListOf[]
  readonly verdict: 'valid' | 'revoked' | 'refused'
}

export interface BuiltCase {
  readonly path: readonly Certificate[]
  readonly signers: readonly Certificate[]
  /** A certificate of the name of the CA that leads to no anchor. */
  readonly stranger: Certificate
  readonly lists: readonly Uint8Array[]
}

export const caName: Name = [
  { type: 'C', value: 'CN' },
  { type: 'CN', value: 'List CA' },
]
export const otherName: Name = [
  { type: 'C', value: 'CN' },
  { type: 'CN', value: 'Other List CA' },
]

/** The parties all cases share; `id` is the SM2 identifier they sign under (OpenSSL's is empty). */
export class ListWorld {
  readonly parties: Readonly<Record<Signing, Party>>
  readonly #id: Uint8Array | undefined

  private constructor(parties: Readonly<Record<Signing, Party>>, id: Uint8Array | undefined) {
    this.parties = parties
    this.#id = id
  }

  static async open(id?: Uint8Array, nowMs = NOW_MS): Promise<ListWorld> {
    const make = (subject: Name, extensions: ExtensionRequest, by?: Party): Promise<Party> =>
      issue({ subject, extensions, nowMs, ...(id && { id }), ...(by && { by }) })
    const usage = { basicConstraints: { ca: true }, keyUsage: ['keyCertSign', 'cRLSign'] } as const
    const root = await make([{ type: 'CN', value: 'List Root' }], usage)
    const unknown = await make([{ type: 'CN', value: 'List Root' }], usage)
    return new ListWorld(
      {
        root,
        ca: await make(caName, usage, root),
        'list-key': await make(caName, { keyUsage: ['cRLSign'] }, root),
        stranger: await make(caName, usage, unknown),
        other: await make(otherName, usage, root),
      },
      id,
    )
  }

  async build({ leaf = {}, leafSerial, lists }: ListCase): Promise<BuiltCase> {
    const { root, ca, other } = this.parties
    const extensions = { basicConstraints: { ca: false }, keyUsage: ['digitalSignature'] as const, ...leaf }
    const party = await issue({
      subject: [{ type: 'CN', value: 'end entity' }],
      extensions,
      by: ca,
      ...(leafSerial && { serial: leafSerial }),
      ...(this.#id && { id: this.#id }),
    })
    const ders = await Promise.all(lists.map((list) => this.#list(list, party)))
    return {
      path: [party.certificate, ca.certificate, root.certificate],
      signers: [other.certificate, this.parties['list-key'].certificate],
      stranger: this.parties.stranger.certificate,
      lists: ders,
    }
  }

  async #list(
    { by, revokes = [], reason = 'keyCompromise', ofCa, spoil, ...rest }: ListOf,
    leaf: Party,
  ): Promise<Uint8Array> {
    const { certificate, key } = this.parties[by]
    const signer = signerOf(key, this.#id)
    const serials = {
      leaf: leaf.certificate.serial,
      ca: this.parties.ca.certificate.serial,
      'list-key': this.parties['list-key'].certificate.serial,
    }
    const der = await buildCrl({
      issuer: certificate,
      signer,
      thisUpdateMs: NOW_MS - HOUR_MS,
      nextUpdateMs: NOW_MS + HOUR_MS,
      number: 5n,
      revoked: revokes.map((who) => ({
        serial: who === 'somebody' ? randomSerial() : serials[who],
        revokedAtMs: NOW_MS - HOUR_MS,
        reason,
        ...(ofCa && { certificateIssuer: caName }),
      })),
      ...rest,
    })
    return spoil ? spoil(der, signer) : der
  }
}

export const signerOf = (key: Sm2PrivateKey, id: Uint8Array | undefined): Signer => ({
  publicKey: key.publicKey,
  sign: (tbs) => sm2Sign(key, tbs, id && { id }),
})

export async function issue(request: {
  readonly subject: Name
  readonly extensions: ExtensionRequest
  readonly by?: Party
  readonly serial?: Uint8Array
  readonly id?: Uint8Array
  readonly nowMs?: number
}): Promise<Party> {
  const { subject, extensions, by, serial = randomSerial(), id, nowMs = NOW_MS } = request
  const key = Sm2PrivateKey.generate()
  const der = await buildCertificate({
    serial,
    subject,
    publicKey: key.publicKey,
    notBeforeMs: nowMs - YEAR_MS,
    notAfterMs: nowMs + YEAR_MS,
    extensions,
    issuer: by?.certificate ?? 'self',
    signer: signerOf(by?.key ?? key, id),
  })
  return { key, certificate: parseCertificate(der) }
}
