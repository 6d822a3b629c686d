#!/usr/bin/env node
import { connectAuthority, issueAnswer } from '@anqu/ca/api'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { initGmCrypto } from '@anqu/gm-crypto'
import { parseConfig, readEnvironment, readyLine, runMain, setting, systemClock } from '@anqu/platform'
import { z } from 'zod'
import { loadSigner } from './load-signer.ts'
import { publish } from './publish.ts'

const settings = z.object({
  /** The built app, with `index.html`. */
  appDir: setting.text(),
  /** The built loader, with the service worker that installs and checks packages. */
  loaderDir: setting.text(),
  /** Where the release is put together; `current` in it is what a server serves. */
  releaseDir: setting.text(),
  /** The signing key. Nobody else needs this folder; between two releases it can be locked away. */
  dataDir: setting.text(),
  caUrl: setting.url(),
  /** The built-in CA's folder of callers, where the publisher leaves its public key. */
  caCallersDir: setting.text(),
})

await runMain(async () => {
  await initGmCrypto()
  const config = parseConfig(settings, readEnvironment(), { prefix: 'ANQU_PUBLISHER_' })
  const { caUrl: url, caCallersDir: callersDir, dataDir } = config
  const clock = systemClock
  const { anchors, call } = await connectAuthority({ url, caller: 'publisher', dataDir, callersDir, clock })
  const signer = await loadSigner({
    dataDir,
    nowMs: clock.nowMs(),
    issuer: {
      async issue(csr, purpose: 'client-code-signing') {
        const body = { csr: bytesToBase64(csr), purpose }
        return base64ToBytes((await call('/v1/server-certificates', body, issueAnswer)).certificate)
      },
    },
  })
  const outcome = await publish({ ...config, ...signer, anchors, nowMs: clock.nowMs() })
  process.stdout.write(`${outcome}\n`)
  readyLine({ name: 'publisher', addresses: {} })
  process.disconnect?.()
})
