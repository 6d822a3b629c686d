import { encodeCommand } from '../apdu/command.ts'
import { parseResponse } from '../apdu/response.ts'
import { StatusWord } from '../apdu/status-word.ts'
import { SECURITY_SERVICE_AID, type CommandRule } from '../applets/security-service/command-table.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { refusal, unreachable, type StatusMeanings } from './secure-element-error.ts'

/** Ne of every command: the whole answer at once. */
const WHOLE_ANSWER = 65_536
const INS_SELECT = 0xa4

export interface CardCall {
  readonly rule: CommandRule
  /** P1‖P2, for rules that allow several. */
  readonly p1p2?: number
  readonly data?: Uint8Array
  readonly ne?: number
  readonly meanings?: StatusMeanings
}

/**
 * One program's use of the applet: selects it, and runs groups of commands that nobody of this program can break into
 * (PIN and signature belong together). Wipes every command after it was sent.
 */
export class CardSession {
  readonly #connection: CardConnection
  #queue: Promise<unknown> = Promise.resolve()

  constructor(connection: CardConnection) {
    this.#connection = connection
  }

  /** Selects the applet, which drops any right left behind, then runs `work`. Groups run one after another. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      await this.drop()
      return work()
    })
  }

  /** Runs `work` after what was asked before, with whatever right stands. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** The answer's body. Call inside `exclusively` or `inTurn`. @throws SecureElementError */
  async call(call: CardCall): Promise<Uint8Array> {
    const { rule, data = new Uint8Array(0), ne = WHOLE_ANSWER, meanings = {} } = call
    const parameters = call.p1p2 ?? rule.p1p2[0] ?? 0
    const header = { cla: rule.cla, ins: rule.ins, p1: parameters >> 8, p2: parameters & 0xff }
    const answer = await this.#transmit(encodeCommand({ ...header, data, ne }))
    if (answer.statusWord !== StatusWord.ok) throw refusal(answer.statusWord, meanings)
    return answer.data
  }

  reset(): Promise<void> {
    return this.inTurn(() => this.#connection.reset())
  }

  /** Selects the applet, which drops a verified PIN. Call inside `exclusively` or `inTurn`. */
  async drop(): Promise<void> {
    const select = { cla: 0x00, ins: INS_SELECT, p1: 0x04, p2: 0x00, data: SECURITY_SERVICE_AID, ne: 256 }
    const { statusWord } = await this.#transmit(encodeCommand(select))
    const meanings = {
      [StatusWord.notFound]: 'se.not-installed',
      [StatusWord.conditionsNotSatisfied]: 'se.locked',
    } as const
    if (statusWord !== StatusWord.ok) throw refusal(statusWord, meanings)
  }

  async #transmit(command: Uint8Array) {
    try {
      return parseResponse(await this.#connection.transmit(command))
    } catch (error) {
      throw unreachable(error)
    } finally {
      command.fill(0)
    }
  }
}
