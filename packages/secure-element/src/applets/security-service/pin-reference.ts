import { ByteReader, ByteWriter, concatBytes, equalBytes } from '@anqu/encoding'
import {
  constantTimeEqual,
  GmCryptoError,
  hmacSm3,
  pbkdf2Sm3,
  SecretBytes,
  sm3,
  sm4GcmOpen,
  sm4GcmSeal,
} from '@anqu/gm-crypto'
import { requireStatus, StatusError, StatusWord } from '../../apdu/status-word.ts'
import { put, remove, type AppletMemory } from '../../runtime/applet-memory.ts'
import type { CardRandom } from '../../runtime/card-random.ts'
import { FileType, type Change } from '../../runtime/non-volatile-memory.ts'

/** Shortest and longest PIN in bytes. */
export const PIN_LENGTH = { shortest: 6, longest: 32 } as const
/** Wrong PINs until the card locks (B-7.2-15 asks for a cap and leaves its value open). */
export const PIN_TRIES = 6
/** A guess must cost the thief of image *and* device key something; 10,000 rounds cost the user some ten ms a session. */
export const PIN_ITERATIONS = 10_000

/** Wrong resetting codes until the way back is closed for good. */
export const RESETTING_TRIES = 10
/** A resetting code is drawn by the issuer at random: 16 bytes are beyond guessing without a slow derivation. */
export const RESETTING_CODE_LENGTH = { shortest: 16, longest: 32 } as const

const REFERENCE = 'pin/reference'
const TRIES = 'pin/tries'
/** Present while the PIN is one that the issuer chose. */
const TRANSPORT = 'pin/transport'
const RESETTING = 'pin/resetting-reference'
const RESETTING_LEFT = 'pin/resetting-tries'
/** The master key between personalisation and the first PIN, when it seals nothing yet. */
const BLANK_MASTER = 'pin/blank-master'
const KEY_LENGTH = 16
const NONCE_LENGTH = 12
const SALT_LENGTH = 16
const QUICK_SECRET_LENGTH = 32

/** SM3(secret ‖ PIN) is half check value, half mask of the master key; neither says anything without the secret. */
interface Quick {
  readonly secret: SecretBytes
  readonly check: Uint8Array
  readonly masked: Uint8Array
}

interface Wrapped {
  readonly nonce: Uint8Array
  readonly sealed: Uint8Array
}

/**
 * The PIN. Neither it nor a hash of it is stored: it opens the master key, which was sealed by SM4-GCM under a key
 * derived from it (B-7.2-14). The stored tries counter has already paid for the attempt *before* the PIN is looked at, so
 * that cutting the power on a wrong PIN costs a try all the same.
 */
export class PinReference {
  readonly #memory: AppletMemory
  readonly #random: CardRandom
  readonly #iterations: number
  /** After the first right PIN of a power-up: the master key under a fast mask that exists in this process only. */
  #quick: Quick | undefined
  /**
   * Tries left, where that is more than what is stored. After a right PIN the memory keeps saying one try less: the next
   * attempt is paid for already and writes nothing. `settle` puts it right; a power cut before that costs the one try
   * until the next right PIN.
   */
  #left: number | undefined

  constructor(memory: AppletMemory, random: CardRandom, iterations = PIN_ITERATIONS) {
    this.#memory = memory
    this.#random = random
    this.#iterations = iterations
  }

  get isSet(): boolean {
    return this.#memory.get(REFERENCE) !== undefined
  }

  /** The issuer chose it: it is good for choosing another and for nothing else. */
  get isTransport(): boolean {
    return this.#memory.get(TRANSPORT) !== undefined
  }

  /** The issuer can put another PIN in the place of a forgotten or locked one. */
  get canBeReset(): boolean {
    return (this.#memory.get(RESETTING_LEFT)?.[0] ?? 0) > 0
  }

  get triesLeft(): number {
    return this.#left ?? this.#storedTries
  }

  /**
   * The issuer's resetting code, before there is a PIN: the master key is made now and sealed under the code, so that it can
   * be opened without the PIN later. @throws StatusError 6985 when a PIN is set, 6A80 for the code's length.
   */
  async setResettingCode(code: Uint8Array): Promise<void> {
    requireStatus(!this.isSet, StatusWord.conditionsNotSatisfied)
    const { shortest, longest } = RESETTING_CODE_LENGTH
    requireStatus(code.length >= shortest && code.length <= longest, StatusWord.wrongData)
    const masterKey = this.#random.bytes(KEY_LENGTH)
    const salt = this.#random.bytes(SALT_LENGTH)
    const key = resettingKey(code, salt)
    const { nonce, sealed } = this.#wrap(key, masterKey)
    key.fill(0)
    await this.#memory
      .commit([
        put(RESETTING, concatBytes(salt, nonce, sealed), FileType.pinReference),
        put(RESETTING_LEFT, Uint8Array.of(RESETTING_TRIES), FileType.pinReference),
        put(BLANK_MASTER, masterKey, FileType.pinReference),
      ])
      .finally(() => masterKey.fill(0))
  }

  /** Sets the first PIN and makes the master key. @throws StatusError 6A89 when a PIN is set, 6A80 for its length. */
  async set(pin: Uint8Array): Promise<void> {
    requireStatus(!this.isSet, StatusWord.alreadyExists)
    const masterKey = this.#memory.get(BLANK_MASTER)?.slice() ?? this.#random.bytes(KEY_LENGTH)
    await this.#store(pin, masterKey, [remove(BLANK_MASTER)]).finally(() => masterKey.fill(0))
  }

  /** The master key. @throws StatusError 63Cx wrong, 6983 locked, 6985 no PIN set, 6984 right but the issuer's. */
  async verify(pin: Uint8Array): Promise<SecretBytes> {
    const masterKey = await this.#verify(pin)
    if (!this.isTransport) return masterKey
    masterKey.wipe()
    throw new StatusError(StatusWord.pinMustChange)
  }

  /**
   * Wraps the same master key under the new PIN: no key pair changes.
   * @throws as `verify`, 6A80 for the new length, 6A89 when the new PIN is the old one.
   */
  async change(oldPin: Uint8Array, newPin: Uint8Array): Promise<void> {
    checkLength(newPin)
    const masterKey = await this.#verify(oldPin)
    try {
      requireStatus(!equalBytes(oldPin, newPin), StatusWord.alreadyExists)
      await this.#restore(masterKey, newPin, [remove(TRANSPORT)])
    } finally {
      masterKey.wipe()
      this.forget()
    }
  }

  /**
   * The issuer's way back from a locked PIN: the code opens the master key, which is sealed under a PIN that its holder must
   * change before the first use. The code's own counter is stored before the code is looked at.
   * @throws StatusError 63Cx wrong, 6983 no code or its tries used up, 6985 no PIN to reset, 6A80 for the new PIN's length.
   */
  async reset(code: Uint8Array, transportPin: Uint8Array): Promise<void> {
    checkLength(transportPin)
    requireStatus(this.isSet, StatusWord.conditionsNotSatisfied)
    const reference = this.#memory.get(RESETTING)
    const left = (this.#memory.get(RESETTING_LEFT)?.[0] ?? 0) - 1
    requireStatus(reference !== undefined && left >= 0, StatusWord.pinBlocked)
    await this.#memory.commit([put(RESETTING_LEFT, Uint8Array.of(left), FileType.pinReference)])
    const reader = new ByteReader(reference, 'resetting reference')
    const key = resettingKey(code, reader.bytes(SALT_LENGTH))
    const masterKey = unwrap(key, { nonce: reader.bytes(NONCE_LENGTH), sealed: reader.rest() })
    if (masterKey === undefined)
      throw new StatusError(left === 0 ? StatusWord.pinBlocked : StatusWord.pinWrong | left)
    try {
      await this.#restore(masterKey, transportPin, [
        put(TRANSPORT, Uint8Array.of(1), FileType.pinReference),
        put(RESETTING_LEFT, Uint8Array.of(RESETTING_TRIES), FileType.pinReference),
      ])
    } finally {
      masterKey.wipe()
      this.forget()
    }
  }

  /** Before an orderly power-off: the counter is stored as it stands. */
  async settle(): Promise<void> {
    if (this.#left !== undefined && this.#left !== this.#storedTries) await this.#storeTries(this.#left)
    this.#left = undefined
  }

  /** Drops the quick way; the next verification goes through the full derivation. */
  forget(): void {
    this.#quick?.secret.wipe()
    this.#quick = undefined
  }

  get #storedTries(): number {
    return this.#memory.get(TRIES)?.[0] ?? 0
  }

  async #verify(pin: Uint8Array): Promise<SecretBytes> {
    const reference = this.#memory.get(REFERENCE)
    requireStatus(reference !== undefined, StatusWord.conditionsNotSatisfied)
    const tries = this.triesLeft
    requireStatus(tries > 0, StatusWord.pinBlocked)
    // Paid for before it is looked at: in memory, or by an earlier attempt whose payment was not used up.
    if (this.#storedTries === tries - 1) await this.#memory.confirm()
    else await this.#storeTries(tries - 1)
    this.#left = tries - 1
    const masterKey = this.#open(pin, reference)
    if (masterKey === undefined)
      throw new StatusError(tries === 1 ? StatusWord.pinBlocked : StatusWord.pinWrong | (tries - 1))
    if (this.#storedTries < PIN_TRIES - 1) await this.#storeTries(PIN_TRIES)
    this.#left = PIN_TRIES
    return masterKey
  }

  async #restore(masterKey: SecretBytes, pin: Uint8Array, changes: readonly Change[]): Promise<void> {
    const bytes = masterKey.use((key) => key.slice())
    await this.#store(pin, bytes, changes).finally(() => bytes.fill(0))
  }

  async #store(pin: Uint8Array, masterKey: Uint8Array, changes: readonly Change[]): Promise<void> {
    checkLength(pin)
    const salt = this.#random.bytes(SALT_LENGTH)
    const key = pbkdf2Sm3(pin, salt, this.#iterations, KEY_LENGTH)
    const { nonce, sealed } = this.#wrap(key, masterKey)
    key.fill(0)
    const reference = new ByteWriter().u32(this.#iterations).bytes(salt).bytes(nonce).bytes(sealed).finish()
    await this.#memory.commit([
      put(REFERENCE, reference, FileType.pinReference),
      put(TRIES, Uint8Array.of(PIN_TRIES), FileType.pinReference),
      ...changes,
    ])
    this.#left = undefined
  }

  async #storeTries(tries: number): Promise<void> {
    await this.#memory.commit([put(TRIES, Uint8Array.of(tries), FileType.pinReference)])
  }

  #open(pin: Uint8Array, reference: Uint8Array): SecretBytes | undefined {
    if (this.#quick !== undefined) return openQuick(this.#quick, pin)
    const reader = new ByteReader(reference, 'pin reference')
    const iterations = reader.u32()
    const key = pbkdf2Sm3(pin, reader.bytes(SALT_LENGTH), iterations, KEY_LENGTH)
    const masterKey = unwrap(key, { nonce: reader.bytes(NONCE_LENGTH), sealed: reader.rest() })
    if (masterKey !== undefined) this.#remember(pin, masterKey)
    return masterKey
  }

  #remember(pin: Uint8Array, masterKey: SecretBytes): void {
    const secret = SecretBytes.from(this.#random.bytes(QUICK_SECRET_LENGTH))
    const hash = quickHash(secret, pin)
    const masked = hash.subarray(KEY_LENGTH)
    masterKey.use((bytes) => xorInto(masked, bytes))
    this.#quick = { secret, check: hash.subarray(0, KEY_LENGTH), masked }
  }

  #wrap(key: Uint8Array, masterKey: Uint8Array): Wrapped {
    const nonce = this.#random.bytes(NONCE_LENGTH)
    return { nonce, sealed: sm4GcmSeal(key, nonce, masterKey) }
  }
}

function resettingKey(code: Uint8Array, salt: Uint8Array): Uint8Array {
  return hmacSm3(code, salt).slice(0, KEY_LENGTH)
}

function checkLength(pin: Uint8Array): void {
  requireStatus(pin.length >= PIN_LENGTH.shortest && pin.length <= PIN_LENGTH.longest, StatusWord.wrongData)
}

function openQuick({ secret, check, masked }: Quick, pin: Uint8Array): SecretBytes | undefined {
  const hash = quickHash(secret, pin)
  try {
    if (!constantTimeEqual(hash.subarray(0, KEY_LENGTH), check)) return undefined
    const masterKey = hash.subarray(KEY_LENGTH)
    xorInto(masterKey, masked)
    return SecretBytes.from(masterKey)
  } finally {
    hash.fill(0)
  }
}

function quickHash(secret: SecretBytes, pin: Uint8Array): Uint8Array {
  const input = new Uint8Array(QUICK_SECRET_LENGTH + pin.length)
  secret.use((bytes) => input.set(bytes))
  input.set(pin, QUICK_SECRET_LENGTH)
  const hash = sm3(input)
  input.fill(0)
  return hash
}

function xorInto(target: Uint8Array, other: Uint8Array): void {
  for (let at = 0; at < target.length; at++) target[at] = (target[at] ?? 0) ^ (other[at] ?? 0)
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
