import path from 'node:path'
import { loadKeyFile, systemClock } from '@anqu/platform'
import type { Outside } from '../compose.ts'
import type { ChannelConfig } from '../config.ts'
import { connectAuthority } from './connect-authority.ts'
import { connectTsm } from '../modules/secure-elements/index.ts'
import { createMessenger } from '../modules/warnings/index.ts'
import { createSmsOperator, createWitness } from '../modules/factors/index.ts'

/** The adapters to everything outside this process, as the settings name it. */
export async function connectOutside(
  config: ChannelConfig,
  opened: Pick<Outside, 'db' | 'log' | 'store' | 'pool'>,
): Promise<Outside> {
  const { dataDir, witnessUrl } = config
  const clock = systemClock
  const { tsmUrl, tsmCallersDir } = config
  const ca = await connectAuthority(config.authority, { dataDir, clock })
  const anchors = (): Promise<Uint8Array[]> => ca.authority.anchors()
  const tsm = await connectTsm({ url: tsmUrl, dataDir, callersDir: tsmCallersDir, clock, anchors })
  return {
    ...opened,
    clock,
    authority: ca.authority,
    authorityOverview: ca.overview,
    serviceManager: tsm.manager,
    cardOffice: tsm.office,
    kek: await loadKeyFile(path.join(dataDir, 'key-encryption-key')),
    bankUrl: config.bankUrl,
    sendSms: createSmsOperator(config.smsUrl),
    messenger: createMessenger(config.smsUrl),
    witness: witnessUrl === undefined ? undefined : createWitness(witnessUrl, opened.log),
    dataDir,
    mobileDir: config.mobileDir,
  }
}
