import path from 'node:path'
import { loadKeyFile, systemClock, type Db, type Log, type ShortLivedStore } from '@anqu/platform'
import type { Outside } from '../compose.ts'
import type { ChannelConfig } from '../config.ts'
import { createHttpAuthority } from '../modules/certificates/index.ts'
import { createSmsOperator, createWitness } from '../modules/factors/index.ts'

/** The adapters to everything outside this process, as the settings name it. */
export async function connectOutside(
  config: ChannelConfig,
  opened: { db: Db; log: Log; store: ShortLivedStore },
): Promise<Outside> {
  const { dataDir, witnessUrl } = config
  const clock = systemClock
  return {
    ...opened,
    clock,
    authority: await createHttpAuthority({
      url: config.caUrl,
      dataDir,
      callersDir: config.caCallersDir,
      clock,
    }),
    kek: await loadKeyFile(path.join(dataDir, 'key-encryption-key')),
    bankUrl: config.bankUrl,
    sendSms: createSmsOperator(config.smsUrl),
    witness: witnessUrl === undefined ? undefined : createWitness(witnessUrl, opened.log),
    dataDir,
  }
}
