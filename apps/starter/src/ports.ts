import { createServer, type Server } from 'node:net'
import { ConfigError } from '@anqu/platform'
import type { Program } from './program.ts'

// Below the range that systems take for outgoing connections: nothing can take such a port while its program restarts.
const lowest = 20_000
const highest = 30_000

function tryListen(port: number, host: string): Promise<Server | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen({ port, host, exclusive: true }, () => resolve(server))
  })
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))

/** Takes free ports, each by holding it until all are found. Starts at a place of its own for every process. */
async function freePorts(count: number, host: string): Promise<number[]> {
  const held: Server[] = []
  const ports: number[] = []
  const start = (process.pid * 37) % (highest - lowest)
  for (let step = 0; ports.length < count && step < highest - lowest; step += 1) {
    const port = lowest + ((start + step) % (highest - lowest))
    const server = await tryListen(port, host)
    if (server === undefined) continue
    held.push(server)
    ports.push(port)
  }
  await Promise.all(held.map(close))
  if (ports.length < count)
    throw new ConfigError([{ setting: 'ANQU_PORTS', problem: 'there are not enough free ports' }])
  return ports
}

async function requireFree(ports: readonly (readonly [string, number])[], host: string): Promise<void> {
  const problems: { setting: string; problem: string }[] = []
  for (const [setting, port] of ports) {
    const server = await tryListen(port, host)
    if (server === undefined)
      problems.push({ setting, problem: `port ${port} is in use; choose another one or use --ports free` })
    else await close(server)
  }
  if (problems.length > 0) throw new ConfigError(problems)
}

/** A port a person chose for one listener, or undefined. */
function chosen(setting: string, given: string | undefined): number | undefined {
  if (given === undefined || given === '') return undefined
  if (!/^\d{1,5}$/.test(given) || Number(given) < 1 || Number(given) > 65_535)
    throw new ConfigError([{ setting, problem: 'must be a port from 1 to 65535' }])
  return Number(given)
}

/**
 * The port of every listener, by its setting.
 * @throws {ConfigError} naming the settings whose port is taken
 */
export async function choosePorts(
  programs: readonly Program[],
  kind: 'default' | 'free',
  { host, given }: { readonly host: string; readonly given: Readonly<Record<string, string | undefined>> },
): Promise<Record<string, number>> {
  const wanted = programs.flatMap(({ ports }) => Object.entries(ports))
  const fixed = wanted.flatMap(([setting, usual]) => {
    const port = chosen(setting, given[setting]) ?? (kind === 'default' ? usual : undefined)
    return port === undefined ? [] : [[setting, port] as const]
  })
  await requireFree(fixed, host)
  const result = Object.fromEntries(fixed)
  const open = wanted.map(([setting]) => setting).filter((setting) => !(setting in result))
  const free = await freePorts(open.length, host)
  for (const [index, setting] of open.entries()) result[setting] = free[index] ?? 0
  return result
}
