import { bytesToHex, ParseError } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import {
  buildCertificate,
  EKU_CODE_SIGNING,
  EKU_SERVER_AUTH,
  nameValue,
  parseCertificate,
  parseCsr,
  PkiError,
  privateKeySigner,
  randomSerial,
  verifyCsr,
  type Csr,
  type ExtensionRequest,
  type Name,
  type RevocationReason,
} from '@anqu/pki'
import type { Clock } from '@anqu/platform'
import type { CaKey } from './keys.ts'
import type { Entry, Letter, Register } from './register.ts'

/** What this CA does not do, in its own words. */
export class NotDone extends Error {
  readonly word: 'bad-request' | 'no-proof' | 'key-taken' | 'not-found' | 'wrong-state'
  constructor(word: NotDone['word']) {
    super(word)
    this.word = word
  }
}

export interface Order {
  readonly requestId: string
  readonly csr: Uint8Array
  readonly kind: 'subscriber' | 'server'
  /** Account and device of a subscriber; purpose and nothing of a server. */
  readonly subject: Name
  readonly replaces?: string
}

/** What was agreed with its one customer about the servers there. */
function forServer(subject: Name): ExtensionRequest {
  const purpose = nameValue(subject, 'CN') ?? ''
  if (purpose === 'se-publisher') return { keyUsage: ['digitalSignature'], extKeyUsage: [EKU_CODE_SIGNING] }
  const ofTsm = purpose.startsWith('tsm-')
  return {
    keyUsage: purpose.endsWith('encryption')
      ? ['keyEncipherment', 'dataEncipherment']
      : ['keyAgreement', 'digitalSignature'],
    extKeyUsage: [EKU_SERVER_AUTH],
    subjectAltNames: [{ kind: 'dns', value: ofTsm ? 'anqu-tsm' : 'anqu-channel-message' }],
  }
}

const validMs = 2 * 365 * 86_400_000

/** The desk where certificates are asked for and given up. */
export class Desk {
  readonly #keys: { readonly root: CaKey; readonly issuing: CaKey }
  readonly #register: Register
  readonly #clock: Clock
  readonly #address: () => string

  constructor(
    keys: { root: CaKey; issuing: CaKey },
    register: Register,
    clock: Clock,
    address: () => string,
  ) {
    this.#keys = keys
    this.#register = register
    this.#clock = clock
    this.#address = address
  }

  get chain(): Uint8Array[] {
    return [this.#keys.issuing.certificate.raw, this.#keys.root.certificate.raw]
  }

  /** The same request identifier gets the same certificate. */
  async issue(order: Order): Promise<Entry> {
    const known = this.#register.byRequest(order.requestId)
    if (known) return known
    const csr = provenCsr(order.csr)
    const owner = JSON.stringify(order.subject)
    const csrHash = bytesToHex(sm3(csr.publicKey.bytes))
    if ((this.#register.ownerOfKey(csrHash) ?? owner) !== owner) throw new NotDone('key-taken')
    if (order.replaces !== undefined) this.#mayReplace(order.replaces, owner)
    const serial = randomSerial()
    const der = await this.#sign(order, csr, serial)
    const entry: Entry = {
      serial: bytesToHex(serial),
      der,
      notAfterMs: parseCertificate(der).notAfterMs,
      requestId: order.requestId,
      csrHash,
      owner,
      replaces: order.replaces,
      letter: 'V',
      reason: 'unspecified',
      changedAtMs: this.#clock.nowMs(),
    }
    await this.#register.add(entry)
    return entry
  }

  #mayReplace(serial: string, owner: string): void {
    const entry = this.#register.find(serial)
    if (!entry || entry.owner !== owner) throw new NotDone('not-found')
    if (entry.letter !== 'V' || entry.notAfterMs < this.#clock.nowMs()) throw new NotDone('wrong-state')
  }

  #sign({ kind, subject }: Order, csr: Csr, serial: Uint8Array): Promise<Uint8Array> {
    const { certificate, key } = this.#keys.issuing
    const nowMs = this.#clock.nowMs()
    const extensions: ExtensionRequest = {
      basicConstraints: { ca: false },
      ...(kind === 'subscriber' ? { keyUsage: ['digitalSignature', 'nonRepudiation'] } : forServer(subject)),
      ocspUrls: [`${this.#address()}/ocsp`],
    }
    return buildCertificate({
      serial,
      subject,
      publicKey: csr.publicKey,
      notBeforeMs: nowMs - 60_000,
      notAfterMs: nowMs + validMs,
      extensions,
      issuer: certificate,
      signer: privateKeySigner(key),
    })
  }

  /** Moves a certificate to another state and answers its letter; what was revoked stays revoked. */
  async change(serial: string, to: Letter, reason: RevocationReason): Promise<Letter | 'E'> {
    const entry = this.#register.find(serial)
    if (!entry) throw new NotDone('not-found')
    const { letter } = entry
    if (letter === to) return letter
    if (letter === 'R') {
      if (to === 'V' || to === 'H') throw new NotDone('wrong-state')
      return letter
    }
    await this.#register.change(serial, to, reason, this.#clock.nowMs())
    return to
  }

  /** A replacement is in use: what it replaces goes. */
  async activate(serial: string): Promise<void> {
    const entry = this.#register.find(serial)
    if (!entry) throw new NotDone('not-found')
    if (entry.replaces !== undefined) await this.change(entry.replaces, 'R', 'superseded')
  }
}

function provenCsr(der: Uint8Array): Csr {
  try {
    const csr = parseCsr(der)
    if (verifyCsr(csr)) return csr
  } catch (error) {
    if (!(error instanceof ParseError || error instanceof PkiError)) throw error
    throw new NotDone('bad-request')
  }
  throw new NotDone('no-proof')
}
