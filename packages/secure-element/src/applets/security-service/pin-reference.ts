import { ByteReader, ByteWriter } from '@anqu/encoding'
import { GmCryptoError, hmacSm3, pbkdf2Sm3, SecretBytes, sm4GcmOpen, sm4GcmSeal } from '@anqu/gm-crypto'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import { put, type AppletMemory } from '../../runtime/applet-memory.ts'
import type { CardRandom } from '../../runtime/card-random.ts'
import { FileType } from '../../runtime/non-volatile-memory.ts'

/** Shortest and longest PIN in bytes. */
export const PIN_LENGTH = { shortest: 6, longest: 32 } as const
/** Wrong PINs until the card locks (B-7.2-15 asks for a cap and leaves its value open). */
export const PIN_TRIES = 6
/** A guess must cost the thief of image *and* device key something; 10,000 rounds cost the user some ten ms a session. */
export const PIN_ITERATIONS = 10_000

const REFERENCE = 'pin/reference'
const TRIES = 'pin/tries'
const KEY_LENGTH = 16
const NONCE_LENGTH = 12
const SALT_LENGTH = 16

interface Wrapped {
  readonly nonce: Uint8Array
  readonly sealed: Uint8Array
}

/**
 * The PIN. Neither it nor a hash of it is stored: it opens the master key, which was sealed by SM4-GCM under a key
 * derived from it (B-7.2-14). The tries counter is stored *before* the PIN is looked at, so that cutting the power on
 * a wrong PIN costs a try all the same.
 */
export class PinReference {
  readonly #memory: AppletMemory
  readonly #random: CardRandom
  readonly #iterations: number
  /** After the first right PIN of a power-up: the master key under a fast key that exists in this process only. */
  #quick: { readonly secret: SecretBytes; readonly wrapped: Wrapped } | undefined

  constructor(memory: AppletMemory, random: CardRandom, iterations = PIN_ITERATIONS) {
    this.#memory = memory
    this.#random = random
    this.#iterations = iterations
  }

  get isSet(): boolean {
    return this.#memory.get(REFERENCE) !== undefined
  }

  get triesLeft(): number {
    return this.#memory.get(TRIES)?.[0] ?? 0
  }

  /** Sets the first PIN and makes the master key. @throws StatusError 6A89 when a PIN is set, 6A80 for its length. */
  async set(pin: Uint8Array): Promise<void> {
    requireStatus(!this.isSet, StatusWord.alreadyExists)
    const masterKey = this.#random.bytes(KEY_LENGTH)
    try {
      await this.#store(pin, masterKey)
    } finally {
      masterKey.fill(0)
    }
  }

  /** The master key. @throws StatusError 63Cx wrong, 6983 locked, 6985 no PIN set. */
  async verify(pin: Uint8Array): Promise<SecretBytes> {
    const reference = this.#memory.get(REFERENCE)
    requireStatus(reference !== undefined, StatusWord.conditionsNotSatisfied)
    const tries = this.triesLeft
    requireStatus(tries > 0, StatusWord.pinBlocked)
    await this.#storeTries(tries - 1)
    const masterKey = this.#open(pin, reference)
    if (masterKey === undefined)
      throw new StatusError(tries === 1 ? StatusWord.pinBlocked : StatusWord.pinWrong | (tries - 1))
    await this.#storeTries(PIN_TRIES)
    return masterKey
  }

  /** Wraps the same master key under the new PIN: no key pair changes. @throws as `verify`, and 6A80 for the new length. */
  async change(oldPin: Uint8Array, newPin: Uint8Array): Promise<void> {
    checkLength(newPin)
    const masterKey = await this.verify(oldPin)
    try {
      const bytes = masterKey.use((key) => key.slice())
      await this.#store(newPin, bytes).finally(() => bytes.fill(0))
    } finally {
      masterKey.wipe()
      this.forget()
    }
  }

  /** Drops the quick way; the next verification goes through the full derivation. */
  forget(): void {
    this.#quick?.secret.wipe()
    this.#quick = undefined
  }

  async #store(pin: Uint8Array, masterKey: Uint8Array): Promise<void> {
    checkLength(pin)
    const salt = this.#random.bytes(SALT_LENGTH)
    const key = pbkdf2Sm3(pin, salt, this.#iterations, KEY_LENGTH)
    const { nonce, sealed } = this.#wrap(key, masterKey)
    key.fill(0)
    const reference = new ByteWriter().u32(this.#iterations).bytes(salt).bytes(nonce).bytes(sealed).finish()
    await this.#memory.commit([
      put(REFERENCE, reference, FileType.pinReference),
      put(TRIES, Uint8Array.of(PIN_TRIES), FileType.pinReference),
    ])
  }

  async #storeTries(tries: number): Promise<void> {
    await this.#memory.commit([put(TRIES, Uint8Array.of(tries), FileType.pinReference)])
  }

  #open(pin: Uint8Array, reference: Uint8Array): SecretBytes | undefined {
    if (this.#quick !== undefined) {
      const quickKey = this.#quick.secret.use((secret) => hmacSm3(secret, pin).slice(0, KEY_LENGTH))
      return unwrap(quickKey, this.#quick.wrapped)
    }
    const reader = new ByteReader(reference, 'pin reference')
    const iterations = reader.u32()
    const key = pbkdf2Sm3(pin, reader.bytes(SALT_LENGTH), iterations, KEY_LENGTH)
    const masterKey = unwrap(key, { nonce: reader.bytes(NONCE_LENGTH), sealed: reader.rest() })
    if (masterKey !== undefined) this.#remember(pin, masterKey)
    return masterKey
  }

  #remember(pin: Uint8Array, masterKey: SecretBytes): void {
    const secret = SecretBytes.from(this.#random.bytes(32))
    const key = secret.use((bytes) => hmacSm3(bytes, pin).slice(0, KEY_LENGTH))
    this.#quick = { secret, wrapped: masterKey.use((bytes) => this.#wrap(key, bytes)) }
    key.fill(0)
  }

  #wrap(key: Uint8Array, masterKey: Uint8Array): Wrapped {
    const nonce = this.#random.bytes(NONCE_LENGTH)
    return { nonce, sealed: sm4GcmSeal(key, nonce, masterKey) }
  }
}

function checkLength(pin: Uint8Array): void {
  requireStatus(pin.length >= PIN_LENGTH.shortest && pin.length <= PIN_LENGTH.longest, StatusWord.wrongData)
}

/** Wipes `key`. */
function unwrap(key: Uint8Array, wrapped: Wrapped): SecretBytes | undefined {
  try {
    const bytes = sm4GcmOpen(key, wrapped.nonce, wrapped.sealed)
    const masterKey = SecretBytes.from(bytes)
    bytes.fill(0)
    return masterKey
  } catch (error) {
    if (error instanceof GmCryptoError) return undefined
    throw error
  } finally {
    key.fill(0)
  }
}
