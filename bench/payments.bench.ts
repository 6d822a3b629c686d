import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { readEnvironment } from '@anqu/platform'

const rounds = 9

export type Asked = 'round' | 'floor'
/** All customers pay once at the same time. */
export type Round = { readonly customers: number; readonly wholeMs: number; readonly confirmMs: number }
/** Milliseconds of one payment when nothing but its cryptography, and nothing but its commits, is done. */
export type Floor = { readonly cryptoMs: number; readonly commitMs: number }

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const program = fileURLToPath(new URL('./payments-program.js', import.meta.url))
const peerHook = new URL('./peer/register.js', import.meta.url).href

/** One whole system in processes of its own. */
class Side {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  readonly rounds: Round[] = []

  readonly name: string

  constructor(name: string, hook: string | undefined) {
    this.name = name
    const env = { ...readEnvironment(), ...(hook === undefined ? {} : { NODE_OPTIONS: `--import=${hook}` }) }
    this.#child = fork(program, { env, stdio: 'inherit' })
    this.#ended = once(this.#child, 'exit')
  }

  async #answer(): Promise<unknown> {
    const ended = this.#ended.then(() => {
      throw new Error(`the system on ${this.name} ended`)
    })
    const [value] = (await Promise.race([once(this.#child, 'message'), ended])) as [unknown] // one argument a message
    return value
  }

  async ready(): Promise<void> {
    await this.#answer()
  }

  async round(): Promise<void> {
    this.#child.send('round' satisfies Asked)
    this.rounds.push((await this.#answer()) as Round) // what the program answers to this
  }

  async floor(): Promise<Floor> {
    this.#child.send('floor' satisfies Asked)
    return (await this.#answer()) as Floor // what the program answers to this
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.#ended
  }
}

/** Payments a second, of the median round. */
const rate = (all: readonly Round[], time: (round: Round) => number): number =>
  median(all.map((round) => (round.customers * 1000) / time(round)))

async function report(side: Side): Promise<{ whole: number; confirmations: number }> {
  const whole = rate(side.rounds, ({ wholeMs }) => wholeMs)
  const confirmations = rate(side.rounds, ({ confirmMs }) => confirmMs)
  console.log(`\n${side.name}`)
  console.log(`  whole payments, proposal to receipt   ${whole.toFixed(1).padStart(9)} a second`)
  console.log(`  confirmations, signature to receipt   ${confirmations.toFixed(1).padStart(9)} a second`)
  const { cryptoMs, commitMs } = await side.floor()
  const floor = 1000 / (cryptoMs + commitMs)
  console.log(`  floor of a whole payment              ${floor.toFixed(1).padStart(9)} a second`)
  console.log(
    `  the whole payment reaches ${((100 * whole) / floor).toFixed(1)} % of its floor (ratio ${(floor / whole).toFixed(1)})`,
  )
  return { whole, confirmations }
}

/**
 * Signed premium payments on two running systems that differ in one thing: the second has the functions of the best npm
 * peer in place of our engine, in every process. They take turns, each beside its own bare crypto and bare commits.
 */
export async function paymentsBench(): Promise<void> {
  const sides: Side[] = []
  try {
    for (const [name, hook] of [['gm-crypto'], ['sm-crypto-v2 in its place', peerHook]] as const) {
      const side = new Side(name, hook)
      sides.push(side)
      await side.ready()
    }
    for (let round = 0; round < rounds; round += 1) for (const side of sides) await side.round()
    const count = sides[0]?.rounds[0]?.customers ?? 0
    console.log(
      `\nSigned premium payments: ${count} customers at once, ${count * rounds} payments on each side in turns, median of ${rounds} rounds`,
    )
    const [ours, peer] = [await report(sides[0] as Side), await report(sides[1] as Side)] // both were started above
    console.log(
      `\n  gm-crypto over sm-crypto-v2: whole payments ${(ours.whole / peer.whole).toFixed(2)} ×, confirmations ${(ours.confirmations / peer.confirmations).toFixed(2)} ×`,
    )
  } finally {
    for (const side of sides) await side.stop()
  }
}
