import { concatBytes } from '@anqu/encoding'
import { constantTimeEqual } from '@anqu/gm-crypto'
import { encodeCommand, type CommandApdu } from '../apdu/command.ts'
import { StatusError, StatusWord } from '../apdu/status-word.ts'
import type { BlockCipher } from './block-cipher.ts'
import { Level } from './channel-session.ts'
import { DES_BLOCK, encryptIcv, padded, retailMac, ZERO_ICV, type Scp02Keys } from './scp02.ts'

/** Security levels of EXTERNAL AUTHENTICATE P1 that i = 15 and 55 allow (no R-MAC). */
export const SCP02_LEVELS: readonly number[] = [0x00, 0x01, 0x03]
const SECURE_MESSAGING = 0x04
/** Commands of this protocol are short ones: the MAC is over a length of one byte. */
const LONGEST_DATA = 255

/**
 * One opened SCP02 session, seen from either side. Every command carries a MAC over its *plain* data, chained to the one
 * before (the modified command: class with the secure messaging bit, length with the MAC in it), and is encrypted
 * afterwards where the level says so. Answers are not protected.
 */
export class Scp02Session {
  readonly #tdes: BlockCipher
  readonly #keys: Scp02Keys
  readonly level: number
  #lastMac: Uint8Array | undefined

  constructor(tdes: BlockCipher, keys: Scp02Keys, level: number) {
    this.#tdes = tdes
    this.#keys = keys
    this.level = level
  }

  /** EXTERNAL AUTHENTICATE carries a MAC at every level, and is never encrypted. */
  async macOpening(command: CommandApdu): Promise<CommandApdu> {
    const { bare, mac } = await this.#mac(command)
    this.#lastMac = mac
    return { ...bare, data: concatBytes(command.data, mac) }
  }

  /** @throws StatusError 6988 when the MAC is wrong. */
  async checkOpening(command: CommandApdu): Promise<CommandApdu> {
    return this.#check(command, 'plain')
  }

  /** Host: the command as it goes over the channel. @throws RangeError when it becomes too long. */
  async wrapCommand(command: CommandApdu): Promise<CommandApdu> {
    if (this.level === 0) return command
    const { bare, mac } = await this.#mac(command)
    this.#lastMac = mac
    const { data } = command
    const body = this.#encrypts(data)
      ? await this.#tdes.encrypt(this.#keys.encryption, ZERO_ICV, padded(data))
      : data
    if (body.length + DES_BLOCK > LONGEST_DATA) throw new RangeError('too long for SCP02')
    return { ...bare, data: concatBytes(body, mac) }
  }

  /** Card: the command as the application sees it. @throws StatusError 6988 for a wrong MAC or padding, 6987 without a MAC. */
  async unwrapCommand(command: CommandApdu): Promise<CommandApdu> {
    const isWrapped = (command.cla & SECURE_MESSAGING) !== 0
    // At level 00 the card knows who opened the session and nothing of who sends the commands: they have no right.
    if (this.level === 0) {
      if (isWrapped) throw incorrect()
      return command
    }
    if (!isWrapped) throw new StatusError(StatusWord.secureMessagingMissing)
    return this.#check(command, this.#encrypts(command.data.subarray(0, -DES_BLOCK)) ? 'encrypted' : 'plain')
  }

  async wrapResponse(data: Uint8Array): Promise<Uint8Array> {
    return data
  }

  async unwrapResponse(data: Uint8Array): Promise<Uint8Array> {
    return data
  }

  wipe(): void {
    for (const key of Object.values(this.#keys)) key.fill(0)
  }

  #encrypts(data: Uint8Array): boolean {
    return (this.level & Level.commandEncryption) !== 0 && data.length > 0
  }

  async #check(command: CommandApdu, form: 'plain' | 'encrypted'): Promise<CommandApdu> {
    if (command.data.length < DES_BLOCK) throw incorrect()
    const body = command.data.subarray(0, -DES_BLOCK)
    const data = form === 'plain' ? body : await this.#decrypt(body)
    const { bare, mac } = await this.#mac({ ...command, data })
    if (!constantTimeEqual(mac, command.data.subarray(-DES_BLOCK))) throw incorrect()
    this.#lastMac = mac
    return { ...bare, cla: bare.cla & ~SECURE_MESSAGING }
  }

  async #decrypt(body: Uint8Array): Promise<Uint8Array> {
    if (body.length % DES_BLOCK !== 0) throw incorrect()
    const blocks = await this.#tdes.decrypt(this.#keys.encryption, ZERO_ICV, body)
    const end = blocks.lastIndexOf(0x80)
    if (end < blocks.length - DES_BLOCK || blocks.subarray(end + 1).some((byte) => byte !== 0))
      throw incorrect()
    return blocks.slice(0, end)
  }

  async #mac(command: CommandApdu): Promise<{ bare: CommandApdu; mac: Uint8Array }> {
    const { data } = command
    if (data.length + DES_BLOCK > LONGEST_DATA) throw incorrect()
    const bare = { ...command, cla: command.cla | SECURE_MESSAGING }
    const room = { ...bare, data: concatBytes(data, new Uint8Array(DES_BLOCK)), ne: 0 }
    const icv = this.#lastMac && (await encryptIcv(this.#tdes, this.#keys.mac, this.#lastMac))
    const covered = encodeCommand(room).subarray(0, -DES_BLOCK)
    return { bare, mac: await retailMac(this.#tdes, this.#keys.mac, icv ?? ZERO_ICV, covered) }
  }
}

function incorrect(): StatusError {
  return new StatusError(StatusWord.secureMessagingIncorrect)
}
