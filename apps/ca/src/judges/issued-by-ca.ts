import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes, bytesToHex } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { parseCertificate, type Certificate } from '@anqu/pki'
import { uuidv7 } from '@anqu/platform'
import { purposesOf, profileOfPurpose, type ProfileName } from '../profiles/profiles.ts'
import { caTestUrl, CaWorld, csrFor, newOwner } from '../testing/ca-world.ts'

interface Answer {
  readonly certificate: string
}

/** What a running CA gave out: one certificate of every profile that may be asked for, its lists and its answers. */
export class IssuedByCa {
  readonly world: CaWorld
  readonly issuing: Certificate
  readonly root: Certificate
  readonly service: Certificate
  readonly byProfile: ReadonlyMap<ProfileName, Certificate>

  private constructor(world: CaWorld, anchors: readonly Certificate[], byProfile: IssuedByCa['byProfile']) {
    const [issuing, root, service] = anchors
    if (!issuing || !root || !service) throw new Error('the CA names two anchors and its own certificate')
    this.world = world
    this.issuing = issuing
    this.root = root
    this.service = service
    this.byProfile = byProfile
  }

  static async open(): Promise<IssuedByCa> {
    const world = await CaWorld.open()
    for (const caller of ['tsm', 'publisher']) {
      const file = path.join(world.folder, 'callers', `${caller}.pub`)
      await writeFile(file, bytesToHex(world.caller.publicKey.bytes))
    }
    await world.authority.stop()
    await world.start()
    const { certificates, service } = await world.anchors()
    const anchors = [...certificates, service].map((der) => parseCertificate(base64ToBytes(der)))
    const all = new Map([...(await customers(world)), ...(await servers(world)), ...(await staff(world))])
    return new IssuedByCa(world, anchors, all)
  }

  async customer(): Promise<Certificate> {
    return parseCertificate(base64ToBytes((await this.world.issue()).certificate))
  }

  /** What a certificate names, asked of the CA that runs here. */
  async fetched(url: string | undefined, init?: RequestInit): Promise<Uint8Array> {
    const response = await fetch(`${this.world.url}${url?.slice(caTestUrl.length) ?? ''}`, init)
    if (!response.ok) throw new Error(`${url}: ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  }

  /** The lists that speak for a certificate and its issuer: root, complete, delta. */
  async listsOf({ extensions }: Certificate): Promise<Uint8Array[]> {
    const urls = [this.issuing.extensions.crlUrls?.[0], extensions.crlUrls?.[0], extensions.deltaCrlUrls?.[0]]
    return Promise.all(urls.map((url) => this.fetched(url)))
  }

  ocsp({ extensions }: Certificate, question: Uint8Array): Promise<Uint8Array> {
    const headers = { 'content-type': 'application/ocsp-request' }
    return this.fetched(extensions.ocspUrls?.[0], { method: 'POST', headers, body: new Uint8Array(question) })
  }

  async change(what: 'revoke' | 'suspend', { serialHex }: Certificate): Promise<void> {
    const more = what === 'revoke' ? { crlReason: 'keyCompromise' } : {}
    await this.world.call(`/v1/certificates/${what}`, {
      serial: serialHex,
      reason: 'lost',
      by: 'customer',
      correlationId: 'c',
      ...more,
    })
    await this.world.authority.tick()
  }

  close(): Promise<void> {
    return this.world.close()
  }
}

type Named = readonly [ProfileName, Certificate]
const read = (name: ProfileName, { certificate }: Answer): Named => [
  name,
  parseCertificate(base64ToBytes(certificate)),
]

async function customers(world: CaWorld): Promise<Named[]> {
  const profiles = ['customer-signing', 'customer-encryption'] as const
  const answers = profiles.map(async (profile) =>
    read(profile, await world.issue(Sm2PrivateKey.generate(), newOwner(), { profile })),
  )
  return Promise.all(answers)
}

async function servers(world: CaWorld): Promise<Named[]> {
  const orders = Object.entries(purposesOf).flatMap(([caller, purposes]) =>
    purposes.map(async (purpose) => {
      const csr = await csrFor(Sm2PrivateKey.generate(), `${caller} ${purpose}`)
      const answer = await world.call<Answer>('/v1/server-certificates', { csr, purpose }, caller)
      return read(profileOfPurpose[purpose], answer)
    }),
  )
  return Promise.all(orders)
}

async function staff(world: CaWorld): Promise<Named[]> {
  const [profile, holder] = ['staff', 'holder of staff'] as const
  const csr = await csrFor(Sm2PrivateKey.generate(), holder)
  const order = { idempotencyKey: uuidv7(), profile, csr, holder, correlationId: 'c' }
  return [read(profile, await world.call<Answer>('/v1/staff-certificates', order))]
}
