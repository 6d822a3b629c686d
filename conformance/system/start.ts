import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes } from '@anqu/encoding'
import { initGmCrypto, type Sm2PrivateKey } from '@anqu/gm-crypto'
import { parseCertificate } from '@anqu/pki'
import { createMessageClient, type MessageClient } from '@anqu/message'
import { systemClock } from '@anqu/platform'
import { startSystem } from '@anqu/starter'
import { z } from 'zod'
import { createCards } from './cards.ts'
import { openDatabases } from './database.ts'
import { createFixtures } from './fixtures.ts'
import { jsonOf, sendRaw } from './http.ts'
import { Installation, type Applications, type InstallationNeeds, type RandomSource } from './installation.ts'
import type { Interference, RawRequest } from './interference.ts'
import type { LiveSystem } from './live-system.ts'
import { createPhone } from './phone.ts'
import { Staff } from './staff.ts'

const serverName = 'anqu-channel-message'

const staffAccount = z.object({
  role: z.string(),
  loginName: z.string(),
  password: z.string(),
  phone: z.string(),
})

/** Starts the whole system on free ports in a data folder of its own and looks at it from outside. */
export async function startLiveSystem(
  dataDir: string,
  report: (line: string) => void = () => undefined,
): Promise<{ system: LiveSystem; stop(): Promise<void> }> {
  await initGmCrypto()
  const started = await startSystem({ dataDir, ports: 'free', report })
  try {
    const { system, close } = await observe(started, dataDir)
    return {
      system,
      stop: async () => {
        await close()
        await started.stop()
      },
    }
  } catch (error) {
    await started.stop()
    throw error
  }
}

type Started = Awaited<ReturnType<typeof startSystem>>

async function observe(
  started: Started,
  dataDir: string,
): Promise<{ system: LiveSystem; close(): Promise<void> }> {
  const { addresses } = started
  const clock = systemClock
  let interference: Interference | undefined
  const during = async <T>(other: Interference | undefined, work: () => Promise<T>): Promise<T> => {
    const before = interference
    interference = other
    try {
      return await work()
    } finally {
      interference = before
    }
  }
  const http = (request: RawRequest) => sendRaw(request, interference)
  const addressOf = (name: string): string => {
    const address = addresses[name]
    if (address === undefined) throw new RangeError(`the system has no address ${name}`)
    return address
  }
  const get = (address: string, file: string) =>
    http({ url: `${addressOf(address)}${file}`, method: 'GET', headers: {} })
  const database = openDatabases(started.databases, () => interference)
  const anchors = z
    .object({ certificates: z.array(z.string()) })
    .parse(jsonOf(await get('app', '/trust-anchors')))
    .certificates.map((text) => parseCertificate(base64ToBytes(text)))
  const phone = createPhone({ addressOf, clock, interference: () => interference })
  const shared = { anchors, serverName, clock, interference: () => interference, shows: phone.shows }
  const { install, messageClient } = createClients(shared, addressOf)
  const accounts = started.demoAccounts.flatMap((account) => staffAccount.safeParse(account).data ?? [])
  const system: LiveSystem = {
    clock,
    startedAtMs: clock.nowMs(),
    dataDir,
    addresses,
    anchors,
    database,
    get fixtures() {
      return fixtures
    },
    newInstallation: async (applications, random) => install('app', applications, random),
    messageClient,
    ...createCards(() => interference),
    async newStaff(role) {
      const account = accounts.find((candidate) => candidate.role === role)
      if (account === undefined) throw new Error(`there is no demo account of an ${role}`)
      return new Staff(system, install('console'), account)
    },
    http,
    get,
    ...phone,
    logs: () => readLogs(path.join(dataDir, 'logs'), interference),
    bankFault: (order) => setBankFault(addressOf('bankCore'), order),
    kill: (program) => started.kill(program),
    restart: (program) => started.restart(program),
    pause,
    answeredByAuthority: (path, answer) => interference?.authority?.(path, answer) ?? answer,
    undisturbed: (work) => during(undefined, work),
    disturbed: (other, work) => during(other, work),
  }
  const fixtures = createFixtures(system)
  return { system, close: () => database.close() }
}

/** The programs of customers and staff: whole installations, and the protocol's half of one. */
function createClients(shared: Omit<InstallationNeeds, 'baseUrl'>, addressOf: (name: string) => string) {
  const { anchors, serverName, interference } = shared
  return {
    install: (address: string, applications?: Applications, random?: RandomSource): Installation =>
      new Installation({
        ...shared,
        baseUrl: addressOf(address),
        ...(applications && { applications }),
        ...(random && { random }),
      }),
    messageClient(instanceKey: Sm2PrivateKey, clock = shared.clock): MessageClient {
      const client = createMessageClient({ anchors, serverName, instanceKey, clock })
      return interference()?.protocol?.(client) ?? client
    },
  }
}

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms))

async function readLogs(folder: string, interference: Interference | undefined): Promise<string> {
  const names = await readdir(folder)
  const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')))
  const text = texts.join('\n')
  return interference?.logs?.(text) ?? text
}

async function setBankFault(address: string, order: object | undefined): Promise<void> {
  const response = await fetch(`${address}/admin/faults`, {
    method: order === undefined ? 'DELETE' : 'POST',
    ...(order === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(order) }),
    signal: AbortSignal.timeout(5_000),
  })
  if (!response.ok) throw new Error(`the bank did not take the fault: ${response.status}`)
}
