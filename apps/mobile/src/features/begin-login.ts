import { sessionsBeginLogin, type OutputOf } from '@anqu/contract'
import type { ChannelApi, SealedSecret } from '../api/channel-api.ts'
import { readEnvironment } from './environment.ts'

/** Logs in with the password, and tells the package this app runs from: the server lets in its own only (C-6.1.2-c). */
export async function beginLogin(
  api: ChannelApi,
  { phone, secret }: { phone: string; secret: SealedSecret },
): Promise<OutputOf<typeof sessionsBeginLogin>> {
  const kept = await api.askAboutPackage('state')
  const appPackage = kept.state === 'ready' ? { appPackage: kept.id } : {}
  return api.call(sessionsBeginLogin, { phone, secret, environment: readEnvironment(), ...appPackage })
}
