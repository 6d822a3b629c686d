import { ByteWriter, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import type { Name } from '@anqu/pki'
import { StatusWord } from '../apdu/status-word.ts'
import {
  parseInventory,
  parseStatus,
  type CertificateEntry,
  type ContainerEntry,
  type ServiceStatus,
} from '../applets/security-service/answers.ts'
import { COMMANDS } from '../applets/security-service/command-table.ts'
import type { KeyUsage } from '../applets/security-service/container-record.ts'
import { encodeSubject } from '../applets/security-service/subject.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { CardSession, type CardCall } from './card-session.ts'
import { SecureElementError } from './secure-element-error.ts'

const VERIFY_MEANINGS = {
  [StatusWord.conditionsNotSatisfied]: 'se.pin-not-set',
  [StatusWord.pinMustChange]: 'se.pin-must-change',
} as const
const SIGN_MEANINGS = { [StatusWord.conditionsNotSatisfied]: 'se.certificate-missing' } as const

/** A PIN as typed, or its bytes; bytes can be wiped by the caller, a string cannot. */
export type Pin = string | Uint8Array

export interface InstalledCertificateEntry extends CertificateEntry {
  readonly container: string
  readonly usage: KeyUsage
}

/**
 * The secure element as an app developer sees it. Every method that uses a private key takes the PIN, and the card drops
 * the right as soon as the key was used. Use one instance per card: a second program that opens the same card takes it
 * over, and this one's calls end with `se.released` (B-7.5.1.3).
 *
 * All methods reject with `SecureElementError`.
 */
export class SecureElement {
  readonly #session: CardSession

  constructor(connection: CardConnection) {
    this.#session = new CardSession(connection)
  }

  async status(): Promise<ServiceStatus> {
    return parseStatus(await this.#session.together({ rule: COMMANDS.getStatus }))
  }

  /** Sets the first PIN, 6 to 32 bytes of UTF-8. Rejects with se.pin-already-set, se.pin-length. */
  async setPin(pin: Pin): Promise<void> {
    await this.#changePin(0x0180, [pin])
  }

  /** Rejects with se.pin-wrong (and `triesLeft`), se.pin-locked, se.pin-not-set, se.pin-length, se.pin-unchanged. */
  async changePin(oldPin: Pin, newPin: Pin): Promise<void> {
    await this.#changePin(0x0080, [oldPin, newPin])
  }

  /**
   * Puts a PIN in the place of a forgotten or locked one: for the issuer, over a session its keys opened. The keys stay; the
   * holder must change that PIN before the first use. Rejects with se.not-authorised, se.pin-wrong (a wrong code, and
   * `triesLeft`), se.pin-locked (no code, or no tries left).
   */
  async resetPin(resettingCode: Uint8Array, transportPin: Pin): Promise<void> {
    const pin = pinBytes(transportPin)
    const data = new ByteWriter().vector8(resettingCode).vector8(pin).finish()
    pin.fill(0)
    const meanings = {
      [StatusWord.conditionsNotSatisfied]: 'se.pin-not-set',
      [StatusWord.wrongData]: 'se.pin-length',
    } as const
    await this.#session.together({ rule: COMMANDS.resetPin, data, meanings }).finally(() => data.fill(0))
  }

  /** Proves the PIN and leaves no right behind. Rejects with se.pin-wrong (and `triesLeft`), se.pin-locked, se.pin-not-set. */
  async verifyPin(pin: Pin): Promise<void> {
    await this.#withPin(pin)
  }

  /** Makes a container with an SM2 pair inside. Rejects with se.container-exists, se.full and what `verifyPin` rejects with. */
  async generateKeyPair(container: string, pin: Pin, usage: KeyUsage = 'signing'): Promise<Sm2PublicKey> {
    return this.#generate(container, pin, usageByte(usage) | 0x0100)
  }

  /**
   * Makes a new pair beside those of an existing container: for a renewal, or the pair of the other usage. The old pair
   * works on until the new certificate is installed. Rejects with se.key-pending when a pair waits already.
   */
  async renewKeyPair(container: string, pin: Pin, usage: KeyUsage = 'signing'): Promise<Sm2PublicKey> {
    return this.#generate(container, pin, usageByte(usage))
  }

  /** Destroys the pair that waits for a certificate; the one in use stays. Rejects with se.key-not-found. */
  async discardPendingKeyPair(container: string, pin: Pin, usage: KeyUsage = 'signing'): Promise<void> {
    const meanings = { [StatusWord.referencedDataNotFound]: 'se.key-not-found' } as const
    const data = utf8ToBytes(container)
    const call = { rule: COMMANDS.discardKeyPair, p1p2: usageByte(usage), data, meanings }
    await this.#withPin(pin, call)
  }

  /** A PKCS#10 request (DER) made and signed inside, for the waiting pair or else the one in use. Rejects with se.subject. */
  async createCsr(
    container: string,
    subject: Name,
    pin: Pin,
    usage: KeyUsage = 'signing',
  ): Promise<Uint8Array> {
    const data = named(container, encodeSubject(subject))
    const meanings = { [StatusWord.wrongData]: 'se.subject' } as const
    return this.#withPin(pin, { rule: COMMANDS.createRequest, p1p2: usageByte(usage), data, meanings })
  }

  /**
   * Installs a certificate for the pair it was asked for, or replaces that pair's. Right after `createCsr` no PIN is
   * needed, once. Rejects with se.certificate-mismatch, se.certificate-malformed, se.not-authorised.
   */
  async installCertificate(container: string, der: Uint8Array, pin?: Pin): Promise<void> {
    const data = named(container, der)
    const meanings = { [StatusWord.wrongData]: 'se.certificate-malformed' } as const
    const call = { rule: COMMANDS.installCertificate, data, meanings }
    await (pin === undefined ? this.#session.together(call) : this.#withPin(pin, call))
  }

  /** What each container holds, certificates and waiting pairs. */
  async listContainers(): Promise<ContainerEntry[]> {
    return parseInventory(await this.#session.together({ rule: COMMANDS.listContainers }))
  }

  /** Serial numbers and validity of the certificates in use; `readCertificate` gets one of them. */
  async listCertificates(): Promise<InstalledCertificateEntry[]> {
    const containers = await this.listContainers()
    return containers.flatMap(({ name, pairs }) =>
      pairs.flatMap(({ usage, certificate }) =>
        certificate ? [{ container: name, usage, ...certificate }] : [],
      ),
    )
  }

  /** The certificate (DER) with this serial number. Rejects with se.certificate-not-found. */
  async readCertificate(serialHex: string): Promise<Uint8Array> {
    return this.#readCertificate(0x0100, hexToBytes(serialHex))
  }

  /** The first certificate valid from and until exactly these times. Rejects with se.certificate-not-found. */
  async readCertificateByValidity(notBeforeMs: number, notAfterMs: number): Promise<Uint8Array> {
    const data = new ByteWriter().u64(BigInt(notBeforeMs)).u64(BigInt(notAfterMs)).finish()
    return this.#readCertificate(0x0200, data)
  }

  /** The certificate (DER) in use in a container. Rejects with se.certificate-not-found, se.container-not-found. */
  async containerCertificate(container: string, usage: KeyUsage = 'signing'): Promise<Uint8Array> {
    return this.#readCertificate(usageByte(usage), utf8ToBytes(container))
  }

  /** Rejects with se.key-not-found. */
  async publicKey(
    container: string,
    which: { usage?: KeyUsage; state?: 'active' | 'pending' } = {},
  ): Promise<Sm2PublicKey> {
    const p1p2 = usageByte(which.usage ?? 'signing') | (which.state === 'pending' ? 0x0100 : 0)
    const meanings = { [StatusWord.referencedDataNotFound]: 'se.key-not-found' } as const
    const call = { rule: COMMANDS.exportPublicKey, p1p2, data: utf8ToBytes(container), meanings }
    return Sm2PublicKey.fromBytes(await this.#session.together(call))
  }

  /**
   * SM2 signature r‖s (64 bytes) over `message`, hashed inside with SM3 and the default user ID, by the pair that has a
   * certificate. Rejects with se.certificate-missing before one is installed (B-6.1-4).
   */
  async sign(container: string, pin: Pin, message: Uint8Array): Promise<Uint8Array> {
    const data = named(container, message)
    return this.#withPin(pin, { rule: COMMANDS.sign, data, meanings: SIGN_MEANINGS })
  }

  /** Verified on the card; false for any signature that is not one. */
  async verify(publicKey: Sm2PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    if (signature.length !== 64) return false
    const data = new ByteWriter().bytes(publicKey.bytes).bytes(signature).bytes(message).finish()
    try {
      await this.#session.together({ rule: COMMANDS.verifySignature, data })
      return true
    } catch (error) {
      if (error instanceof SecureElementError && error.statusWord === StatusWord.verificationFailed)
        return false
      throw error
    }
  }

  /** SM2 ciphertext 04‖C1‖C3‖C2 for the holder of `publicKey`. */
  async encrypt(publicKey: Sm2PublicKey, plaintext: Uint8Array): Promise<Uint8Array> {
    const data = new ByteWriter().bytes(publicKey.bytes).bytes(plaintext).finish()
    return this.#session.together({ rule: COMMANDS.encrypt, data })
  }

  /** Opens 04‖C1‖C3‖C2 with the container's encryption pair. Rejects with se.ciphertext, se.key-not-found. */
  async decrypt(container: string, pin: Pin, ciphertext: Uint8Array): Promise<Uint8Array> {
    const data = named(container, ciphertext)
    const meanings = {
      [StatusWord.wrongData]: 'se.ciphertext',
      [StatusWord.referencedDataNotFound]: 'se.key-not-found',
    } as const
    return this.#withPin(pin, { rule: COMMANDS.decrypt, data, meanings })
  }

  /** `length` (1 to 256) random bytes from the card. */
  async random(length: number): Promise<Uint8Array> {
    if (!Number.isInteger(length) || length < 1 || length > 256)
      throw new RangeError('1 to 256 random bytes at a time')
    return this.#session.together({ rule: COMMANDS.getChallenge, ne: length })
  }

  /** Destroys certificates and key pairs of a container together. Rejects with se.container-not-found. */
  async deleteContainer(container: string, pin: Pin): Promise<void> {
    await this.#withPin(pin, { rule: COMMANDS.deleteContainer, data: utf8ToBytes(container) })
  }

  /**
   * A digital envelope for the holder of `publicKey`: a fresh SM4 key encrypts the content, SM2 the key. It hides and does not
   * authenticate: sign what is inside.
   */
  async sealEnvelope(publicKey: Sm2PublicKey, content: Uint8Array): Promise<Uint8Array> {
    const data = new ByteWriter().bytes(publicKey.bytes).bytes(content).finish()
    return this.#session.together({ rule: COMMANDS.sealEnvelope, data })
  }

  /** Opens what `sealEnvelope` made, with the container's encryption pair. Rejects with se.ciphertext, se.key-not-found. */
  async openEnvelope(container: string, pin: Pin, envelope: Uint8Array): Promise<Uint8Array> {
    const data = named(container, envelope)
    const meanings = {
      [StatusWord.wrongData]: 'se.ciphertext',
      [StatusWord.referencedDataNotFound]: 'se.key-not-found',
    } as const
    return this.#withPin(pin, { rule: COMMANDS.openEnvelope, data, meanings })
  }

  /** Destroys the pair in use of one usage with its certificate. Rejects with se.key-not-found. */
  async destroyKeyPair(container: string, pin: Pin, usage: KeyUsage = 'signing'): Promise<void> {
    const meanings = { [StatusWord.referencedDataNotFound]: 'se.key-not-found' } as const
    const p1p2 = 0x0100 | usageByte(usage)
    await this.#withPin(pin, { rule: COMMANDS.destroyKeyPair, p1p2, data: utf8ToBytes(container), meanings })
  }

  /** Certificates that hold at `atMs` and run out within `withinMs`: time to renew (B-6.2.3-2). */
  async listExpiring(atMs: number, withinMs: number): Promise<InstalledCertificateEntry[]> {
    const entries = await this.listCertificates()
    return entries.filter(({ notAfterMs }) => notAfterMs >= atMs && notAfterMs < atMs + withinMs)
  }

  /**
   * Destroys every pair whose certificate has run out at `atMs` (B-5.4.2-10), and a container that is empty then. Answers
   * the names of the containers touched.
   */
  async deleteExpired(pin: Pin, atMs: number): Promise<string[]> {
    const expired = (await this.listCertificates()).filter(({ notAfterMs }) => notAfterMs < atMs)
    for (const { container, usage } of expired) await this.destroyKeyPair(container, pin, usage)
    const touched = [...new Set(expired.map(({ container }) => container))]
    for (const { name, pairs } of await this.listContainers()) {
      const isEmpty = pairs.every(({ pending, certificate }) => !pending && certificate === undefined)
      if (touched.includes(name) && isEmpty) await this.deleteContainer(name, pin)
    }
    return touched
  }

  /** Power off and on: also the deliberate way back after `se.released`. */
  async reset(): Promise<void> {
    await this.#session.reset()
  }

  async #generate(container: string, pin: Pin, p1p2: number): Promise<Sm2PublicKey> {
    const meanings = { [StatusWord.alreadyExists]: 'se.key-pending' } as const
    const call = { rule: COMMANDS.generateKeyPair, p1p2, data: utf8ToBytes(container), meanings }
    return Sm2PublicKey.fromBytes(await this.#withPin(pin, call))
  }

  async #readCertificate(p1p2: number, data: Uint8Array): Promise<Uint8Array> {
    const meanings = { [StatusWord.notFound]: 'se.certificate-not-found' } as const
    return this.#session.together({ rule: COMMANDS.readCertificate, p1p2, data, meanings })
  }

  async #changePin(p1p2: number, pins: readonly Pin[]): Promise<void> {
    const writer = new ByteWriter()
    for (const pin of pins) {
      const bytes = pinBytes(pin)
      writer.vector8(bytes)
      bytes.fill(0)
    }
    const data = writer.finish()
    const meanings = {
      [StatusWord.alreadyExists]: pins.length === 1 ? 'se.pin-already-set' : 'se.pin-unchanged',
      [StatusWord.conditionsNotSatisfied]: 'se.pin-not-set',
      [StatusWord.wrongData]: 'se.pin-length',
    } as const
    await this.#session
      .together({ rule: COMMANDS.changePin, p1p2, data, meanings })
      .finally(() => data.fill(0))
  }

  /** VERIFY and `call` in one uninterrupted group, after which no right is left on the card. */
  async #withPin(pin: Pin, call?: CardCall): Promise<Uint8Array> {
    const data = pinBytes(pin)
    // An empty PIN would be the question how many tries are left.
    if (data.length === 0) throw new SecureElementError('se.pin-length')
    const verify = { rule: COMMANDS.verifyPin, data, meanings: VERIFY_MEANINGS }
    const calls = call === undefined ? [verify] : [verify, call]
    return this.#session.together(...calls).finally(() => data.fill(0))
  }
}

/** LV name, then `rest`. */
function named(container: string, rest: Uint8Array): Uint8Array {
  const name = utf8ToBytes(container)
  if (name.length > 0xff) throw new RangeError('a container name of more than 255 bytes')
  const data = new Uint8Array(1 + name.length + rest.length)
  data[0] = name.length
  data.set(name, 1)
  data.set(rest, 1 + name.length)
  return data
}

/** A copy that the caller of this function wipes. */
function pinBytes(pin: Pin): Uint8Array {
  return typeof pin === 'string' ? utf8ToBytes(pin) : pin.slice()
}

function usageByte(usage: KeyUsage): number {
  return usage === 'signing' ? 0x01 : 0x02
}
