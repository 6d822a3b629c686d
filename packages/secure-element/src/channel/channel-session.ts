import { concatBytes } from '@anqu/encoding'
import { constantTimeEqual } from '@anqu/gm-crypto'
import { encodeCommand, type CommandApdu } from '../apdu/command.ts'
import { StatusError, StatusWord } from '../apdu/status-word.ts'
import { BLOCK_LENGTH, type BlockCipher } from './block-cipher.ts'
import { cmac } from './cmac.ts'
import type { SessionKeys } from './session-keys.ts'

/** Security level bits of EXTERNAL AUTHENTICATE P1 (GlobalPlatform Amendment D, table 7-2). */
export const Level = {
  commandMac: 0x01,
  commandEncryption: 0x02,
  responseMac: 0x10,
  responseEncryption: 0x20,
} as const
export const LEVELS: readonly number[] = [0x01, 0x03, 0x11, 0x13, 0x33]

const MAC_LENGTH = 8
const SECURE_MESSAGING = 0x04

/** Where a session stands between two commands: nothing secret, and enough to go on from with the same keys. */
export interface SessionPosition {
  readonly chaining: Uint8Array
  /** Commands wrapped so far. */
  readonly counter: number
}

/**
 * One opened secure channel, seen from either side: C-MAC and R-MAC chained over all commands, encryption under a counter
 * that advances with every command, so that no command or answer counts twice. SCP03's design; the cipher decides
 * whether it is SCP03 itself (AES) or our profile of it (SM4).
 */
export class ChannelSession {
  readonly #cipher: BlockCipher
  readonly #keys: SessionKeys
  readonly #level: number
  #chaining: Uint8Array = new Uint8Array(BLOCK_LENGTH)
  #counter = 0

  constructor(cipher: BlockCipher, keys: SessionKeys, level: number) {
    this.#cipher = cipher
    this.#keys = keys
    this.#level = level
  }

  get level(): number {
    return this.#level
  }

  get position(): SessionPosition {
    return { chaining: this.#chaining.slice(), counter: this.#counter }
  }

  /** The same session at another place, with the same keys in memory. */
  at({ chaining, counter }: SessionPosition): ChannelSession {
    const session = new ChannelSession(this.#cipher, this.#keys, this.#level)
    session.#chaining = chaining.slice()
    session.#counter = counter
    return session
  }

  /** EXTERNAL AUTHENTICATE carries a MAC of the session it opens, and no encryption: it does not advance the counter. */
  async macOpening(command: CommandApdu): Promise<CommandApdu> {
    return this.#addMac(command, command.data)
  }

  /** @throws StatusError 6982 when the MAC is wrong. */
  async checkOpening(command: CommandApdu): Promise<CommandApdu> {
    return this.#checkMac(command)
  }

  /** Host: the command as it goes over the channel. */
  async wrapCommand(command: CommandApdu): Promise<CommandApdu> {
    this.#counter += 1
    const encrypted = this.#has(Level.commandEncryption) && command.data.length > 0
    const data = encrypted ? await this.#encrypt(command.data, 'command') : command.data
    return this.#addMac(command, data)
  }

  /** Card: the command as the application sees it. @throws StatusError 6988 for a wrong MAC or padding, 6987 without a MAC. */
  async unwrapCommand(command: CommandApdu): Promise<CommandApdu> {
    if ((command.cla & SECURE_MESSAGING) === 0) throw new StatusError(StatusWord.secureMessagingMissing)
    const checked = await this.#checkMac(command)
    this.#counter += 1
    if (!this.#has(Level.commandEncryption) || checked.data.length === 0) return checked
    return { ...checked, data: await this.#decrypt(checked.data, 'command') }
  }

  /** Card: the answer's body as it goes over the channel; errors travel bare (Amendment D §6.2.5). */
  async wrapResponse(data: Uint8Array, statusWord: number): Promise<Uint8Array> {
    if (!this.#has(Level.responseMac) || !isProtected(statusWord)) return data
    const encrypted = this.#has(Level.responseEncryption) && data.length > 0
    const body = encrypted ? await this.#encrypt(data, 'response') : data
    return concatBytes(body, await this.#responseMac(body, statusWord))
  }

  /** Host: the body of an answer. @throws StatusError 6988 when its MAC or padding is wrong. */
  async unwrapResponse(data: Uint8Array, statusWord: number): Promise<Uint8Array> {
    if (!this.#has(Level.responseMac) || !isProtected(statusWord)) return data
    if (data.length < MAC_LENGTH) throw incorrect()
    const body = data.subarray(0, -MAC_LENGTH)
    if (!constantTimeEqual(await this.#responseMac(body, statusWord), data.subarray(-MAC_LENGTH)))
      throw incorrect()
    return this.#has(Level.responseEncryption) && body.length > 0 ? this.#decrypt(body, 'response') : body
  }

  wipe(): void {
    for (const key of Object.values(this.#keys)) key.fill(0)
  }

  #has(bit: number): boolean {
    return (this.#level & bit) !== 0
  }

  async #addMac(command: CommandApdu, data: Uint8Array): Promise<CommandApdu> {
    const bare = { ...command, cla: command.cla | SECURE_MESSAGING, data }
    const mac = await this.#commandMac(bare)
    return { ...bare, data: concatBytes(data, mac) }
  }

  async #checkMac(command: CommandApdu): Promise<CommandApdu> {
    const { data } = command
    if (data.length < MAC_LENGTH) throw incorrect()
    const bare = { ...command, data: data.subarray(0, -MAC_LENGTH) }
    const before = this.#chaining
    const mac = await this.#commandMac(bare)
    if (!constantTimeEqual(mac, data.subarray(-MAC_LENGTH))) {
      this.#chaining = before
      throw incorrect()
    }
    return { ...bare, cla: bare.cla & ~SECURE_MESSAGING }
  }

  /** Over chaining value ‖ header with the final Lc ‖ data. The whole MAC becomes the next chaining value. */
  async #commandMac(command: CommandApdu): Promise<Uint8Array> {
    const withRoom = { ...command, data: concatBytes(command.data, new Uint8Array(MAC_LENGTH)), ne: 0 }
    const covered = encodeCommand(withRoom).subarray(0, -MAC_LENGTH)
    this.#chaining = await cmac(this.#cipher, this.#keys.mac, concatBytes(this.#chaining, covered))
    return this.#chaining.slice(0, MAC_LENGTH)
  }

  async #responseMac(body: Uint8Array, statusWord: number): Promise<Uint8Array> {
    const status = Uint8Array.of(statusWord >> 8, statusWord & 0xff)
    const mac = await cmac(this.#cipher, this.#keys.responseMac, concatBytes(this.#chaining, body, status))
    return mac.slice(0, MAC_LENGTH)
  }

  /** The counter under the encryption key; for answers with its first bit set (Amendment D §6.2.6, §6.2.7). */
  async #initialVector(direction: 'command' | 'response'): Promise<Uint8Array> {
    const block = new Uint8Array(BLOCK_LENGTH)
    new DataView(block.buffer).setUint32(12, this.#counter)
    if (direction === 'response') block[0] = 0x80
    return this.#cipher.encrypt(this.#keys.encryption, new Uint8Array(BLOCK_LENGTH), block)
  }

  async #encrypt(data: Uint8Array, direction: 'command' | 'response'): Promise<Uint8Array> {
    const padded = new Uint8Array((Math.floor(data.length / BLOCK_LENGTH) + 1) * BLOCK_LENGTH)
    padded.set(data)
    padded[data.length] = 0x80
    return this.#cipher.encrypt(this.#keys.encryption, await this.#initialVector(direction), padded)
  }

  async #decrypt(data: Uint8Array, direction: 'command' | 'response'): Promise<Uint8Array> {
    if (data.length % BLOCK_LENGTH !== 0) throw incorrect()
    const padded = await this.#cipher.decrypt(
      this.#keys.encryption,
      await this.#initialVector(direction),
      data,
    )
    const end = padded.lastIndexOf(0x80)
    if (end < padded.length - BLOCK_LENGTH || padded.subarray(end + 1).some((byte) => byte !== 0))
      throw incorrect()
    return padded.slice(0, end)
  }
}

function isProtected(statusWord: number): boolean {
  const high = statusWord >> 8
  return statusWord === StatusWord.ok || high === 0x62 || high === 0x63
}

function incorrect(): StatusError {
  return new StatusError(StatusWord.secureMessagingIncorrect)
}
