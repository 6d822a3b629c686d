import path from 'node:path'
import { readFile } from 'node:fs/promises'
import {
  createLog,
  listenSettings,
  onShutdown,
  parseConfig,
  readEnvironment,
  readyLine,
  runMain,
  setting,
  systemClock,
} from '@anqu/platform'
import { initGmCrypto } from '@anqu/gm-crypto'
import { z } from 'zod'
import { openThirdPartyCa } from './third-party-ca.ts'

const settings = z.object({
  ...listenSettings(8094),
  /** Keys, register and the file `access-secret`, which callers sign with. */
  dataDir: setting.text(),
})

await runMain(async () => {
  await initGmCrypto()
  const config = parseConfig(settings, readEnvironment(), { prefix: 'ANQU_THIRD_PARTY_CA_' })
  const log = createLog({ name: 'third-party-ca' })
  const secret = (await readFile(path.join(config.dataDir, 'access-secret'))).subarray(0, 64)
  const ca = await openThirdPartyCa({
    dataDir: config.dataDir,
    secret: new Uint8Array(secret),
    clock: systemClock,
    log,
    listen: config,
  })
  const address = await ca.start()
  onShutdown(log, ca.stop)
  readyLine({ name: 'third-party-ca', addresses: { thirdPartyCa: address } })
})
