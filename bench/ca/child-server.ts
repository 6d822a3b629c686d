import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A server in a process of its own, so that it and those who ask share the machine as they would anywhere. */
export type ChildServer = {
  readonly url: string
  /** Microseconds of processor time it has used, in user and kernel. */
  cpuMicros(): Promise<number>
  stop(): Promise<void>
}

export async function startChildServer(file: string, settings: readonly string[]): Promise<ChildServer> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...settings])
  const url = await messageOf(child)
  return {
    url: String(url),
    async cpuMicros() {
      const answer = messageOf(child)
      child.send('cpu')
      return Number(await answer)
    },
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const [message] = await once(child, 'message')
  return message
}

/** The other side: tells its address, then its processor time whenever it is asked. */
export function serveParent(url: string, stop: () => Promise<void>): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.(user + system)
  })
  process.on('disconnect', () => void stop())
  process.send?.(url)
}
