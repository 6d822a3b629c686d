import { CommandChain } from '../apdu/chaining.ts'
import type { CommandApdu } from '../apdu/command.ts'
import { ResponseBuffer } from '../apdu/response.ts'
import { requireStatus, StatusWord } from '../apdu/status-word.ts'
import type { SecureChannel } from '../channel/secure-channel.ts'
import type { Applet } from './applet.ts'

/** The basic channel and three more: what two bits of the class byte can name (ISO/IEC 7816-4 §5.4.1). */
const MOST_CHANNELS = 4
const OPEN = 0x00
const CLOSE = 0x80
const NOTHING = new Uint8Array(0)

/** One logical channel: what is selected on it, its own secure channel, its own half-sent commands and half-read answers. */
export class LogicalChannel {
  readonly number: number
  readonly secure: SecureChannel
  readonly chain = new CommandChain()
  readonly responses = new ResponseBuffer()
  selected: Applet

  constructor(number: number, secure: SecureChannel, selected: Applet) {
    this.number = number
    this.secure = secure
    this.selected = selected
  }

  close(): void {
    this.secure.close()
    this.chain.clear()
    this.responses.clear()
    this.selected.deselect(this.number)
  }
}

/** The open channels of a powered card. A right won on one of them is none on another. */
export class LogicalChannels {
  readonly #open = new Map<number, LogicalChannel>()
  readonly #start: (number: number) => LogicalChannel

  /** `start` makes a channel with what is selected by default. The basic channel is always open. */
  constructor(start: (number: number) => LogicalChannel) {
    this.#start = start
    this.#open.set(0, start(0))
  }

  /** @throws StatusError 6881 when that channel is not open. */
  get(number: number): LogicalChannel {
    const channel = this.#open.get(number)
    requireStatus(channel !== undefined, StatusWord.channelNotSupported)
    return channel
  }

  /** MANAGE CHANNEL (ISO/IEC 7816-4 §11.1.2), sent on `from`. */
  manage({ p1, p2 }: CommandApdu, from: LogicalChannel): Uint8Array {
    requireStatus((p1 === OPEN || p1 === CLOSE) && p2 < MOST_CHANNELS, StatusWord.wrongParameters)
    if (p1 === OPEN) return this.#openChannel(p2)
    const number = p2 === 0 ? from.number : p2
    // The basic channel cannot be closed.
    requireStatus(number !== 0, StatusWord.wrongParameters)
    this.get(number).close()
    this.#open.delete(number)
    return NOTHING
  }

  closeAll(): void {
    for (const channel of this.#open.values()) channel.close()
    this.#open.clear()
  }

  /** 00 asks for any free number and is told it, another number asks for that one. */
  #openChannel(wanted: number): Uint8Array {
    const free = [1, 2, 3].filter((number) => !this.#open.has(number))
    const number = wanted === 0 ? free[0] : free.find((candidate) => candidate === wanted)
    requireStatus(number !== undefined, StatusWord.functionNotSupported)
    this.#open.set(number, this.#start(number))
    return wanted === 0 ? Uint8Array.of(number) : NOTHING
  }
}
