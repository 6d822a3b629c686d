import type { Ready, RunningChild } from './child-process.ts'

/** Keeps one program running. */
export interface Supervisor {
  readonly name: string
  /** What it said when it was last ready. */
  ready(): Ready | undefined
  pid(): number | undefined
  start(): Promise<Ready>
  stop(): Promise<void>
  /** Ends it in the middle of whatever it does and leaves it down. */
  kill(): Promise<void>
  /** Stops it when it runs, and starts it. */
  restart(): Promise<Ready>
}

export interface SupervisorOptions {
  readonly name: string
  readonly launch: () => Promise<RunningChild>
  /** A program that ends by itself when it has done its work. */
  readonly once?: boolean
  /** Told whatever happens without having been asked for. */
  readonly report: (line: string) => void
  /** Waiting times before the first, second … restart; the last one for all further ones. */
  readonly backoffMs?: readonly number[]
  /** A program that ran this long starts again at the first waiting time. */
  readonly healthyAfterMs?: number
}

const usualBackoffMs = [500, 1_000, 2_000, 5_000, 15_000, 30_000]

interface State {
  running: RunningChild | undefined
  lastReady: Ready | undefined
  /** Restarts since it last ran well. */
  crashes: number
  timer: NodeJS.Timeout | undefined
  /** Counts the orders; an answer to an older one is of no more interest. */
  order: number
}

function scheduleRestart(state: State, options: SupervisorOptions, how: string): void {
  const { name, report, backoffMs = usualBackoffMs } = options
  const order = state.order
  const waitMs = backoffMs[Math.min(state.crashes, backoffMs.length - 1)] ?? 0
  state.crashes += 1
  report(`${name} ended without being told to (${how}); it is started again in ${waitMs / 1000} s`)
  state.timer = setTimeout(() => {
    startNow(state, options).then(
      () => report(`${name} serves again`),
      (error: unknown) => {
        if (state.order === order) scheduleRestart(state, options, String(error))
      },
    )
  }, waitMs)
}

async function startNow(state: State, options: SupervisorOptions): Promise<Ready> {
  const { healthyAfterMs = 60_000 } = options
  const order = state.order
  const child = await options.launch()
  if (state.order !== order) {
    await child.stop()
    throw new Error(`${options.name} was stopped while it started`)
  }
  const readyAt = performance.now()
  state.running = child
  state.lastReady = child.ready
  void child.ended.then((how) => {
    if (state.running !== child) return
    state.running = undefined
    if (options.once === true && how === 'exit code 0') return
    if (performance.now() - readyAt > healthyAfterMs) state.crashes = 0
    scheduleRestart(state, options, how)
  })
  return child.ready
}

/** Takes the process out of our hands: from here on its end is expected. */
function take(state: State): RunningChild | undefined {
  state.order += 1
  clearTimeout(state.timer)
  const child = state.running
  state.running = undefined
  return child
}

/** A supervisor that restarts a program that ends by itself, never silently, and ever more slowly. */
export function supervise(options: SupervisorOptions): Supervisor {
  const state: State = { running: undefined, lastReady: undefined, crashes: 0, timer: undefined, order: 0 }
  return {
    name: options.name,
    ready: () => state.lastReady,
    pid: () => state.running?.pid,
    start: () => startNow(state, options),
    stop: async () => take(state)?.stop(),
    kill: async () => take(state)?.kill(),
    restart: async () => {
      await take(state)?.stop()
      state.crashes = 0
      return startNow(state, options)
    },
  }
}
