import { runBankCore } from '@anqu/bank-core'
import { readEnvironment } from '@anqu/platform'
import { runSms } from '@anqu/sms'
import { runWitness } from '@anqu/witness'

interface Running {
  readonly address: string
  stop(): Promise<void>
}

export interface Simulators {
  readonly addresses: Readonly<Record<'bankCore' | 'smsInbox' | 'witness', string>>
  stop(): Promise<void>
}

/** Starts every stand-in, each from its own settings and on its own database; when one cannot start, none stays. */
export async function runSimulators(env = readEnvironment()): Promise<Simulators> {
  const running: Running[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.stop()))
  }
  const begin = async (run: (env: Readonly<Record<string, string | undefined>>) => Promise<Running>) => {
    const one = await run(env)
    running.push(one)
    return one.address
  }
  try {
    const bankCore = await begin(runBankCore)
    const smsInbox = await begin(runSms)
    const witness = await begin(runWitness)
    return { addresses: { bankCore, smsInbox, witness }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
