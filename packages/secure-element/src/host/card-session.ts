import { encodeCommand } from '../apdu/command.ts'
import { parseResponse, type ResponseApdu } from '../apdu/response.ts'
import { StatusWord } from '../apdu/status-word.ts'
import {
  COMMANDS,
  SECURITY_SERVICE_AID,
  type CommandRule,
} from '../applets/security-service/command-table.ts'
import { transmitTogether, type CardConnection } from '../transports/card-connection.ts'
import { refusal, SecureElementError, unreachable, type StatusMeanings } from './secure-element-error.ts'

/** Ne of every command: the whole answer at once. */
const WHOLE_ANSWER = 65_536
const NOTHING = new Uint8Array(0)
const SELECT = encodeCommand({
  cla: 0x00,
  ins: 0xa4,
  p1: 0x04,
  p2: 0x00,
  data: SECURITY_SERVICE_AID,
  ne: 256,
})

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

  /**
   * Selects the applet, which drops any right left behind, and runs the calls, with nobody's in between where the way to the
   * card can promise that. No right is left on the card afterwards. Answers the body of the last. @throws SecureElementError
   */
  together(...calls: readonly CardCall[]): Promise<Uint8Array> {
    return this.inTurn(async () => {
      const last = calls.at(-1)
      const leavesRight =
        calls.some(({ rule }) => rule === COMMANDS.verifyPin) && last?.rule.after !== 'resets'
      const commands = [SELECT.slice(), ...calls.map(encodeCall), ...(leavesRight ? [SELECT.slice()] : [])]
      const answers = await this.#transmitAll(commands)
      checkSelected(answers[0])
      try {
        return calls.reduce<Uint8Array>((_, call, at) => bodyOf(answers[at + 1], call), NOTHING)
      } catch (error) {
        // The calls before the refused one may have left a right behind.
        if (leavesRight) await this.drop()
        throw error
      }
    })
  }

  /** Runs `work` after what was asked before, with whatever right stands. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** The answer's body. Call inside `inTurn`. @throws SecureElementError */
  async call(call: CardCall): Promise<Uint8Array> {
    const [answer] = await this.#transmitAll([encodeCall(call)])
    return bodyOf(answer, call)
  }

  reset(): Promise<void> {
    return this.inTurn(() => this.#connection.reset())
  }

  /** Selects the applet, which drops a verified PIN. Call inside `inTurn`. */
  async drop(): Promise<void> {
    const [answer] = await this.#transmitAll([SELECT.slice()])
    checkSelected(answer)
  }

  /** Wipes the commands afterwards. */
  async #transmitAll(commands: readonly Uint8Array[]): Promise<ResponseApdu[]> {
    try {
      return (await transmitTogether(this.#connection, commands)).map(parseResponse)
    } catch (error) {
      throw unreachable(error)
    } finally {
      for (const command of commands) command.fill(0)
    }
  }
}

function encodeCall({ rule, p1p2, data = NOTHING, ne = WHOLE_ANSWER }: CardCall): Uint8Array {
  const parameters = p1p2 ?? rule.p1p2[0] ?? 0
  return encodeCommand({ cla: rule.cla, ins: rule.ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne })
}

function bodyOf(answer: ResponseApdu | undefined, { meanings = {} }: Pick<CardCall, 'meanings'>): Uint8Array {
  if (answer === undefined) throw new SecureElementError('se.failure')
  if (answer.statusWord !== StatusWord.ok) throw refusal(answer.statusWord, meanings)
  return answer.data
}

const SELECTED = {
  meanings: { [StatusWord.notFound]: 'se.not-installed', [StatusWord.conditionsNotSatisfied]: 'se.locked' },
} as const

function checkSelected(answer: ResponseApdu | undefined): void {
  bodyOf(answer, SELECTED)
}
