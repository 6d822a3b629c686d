import { base64ToBytes } from '@anqu/encoding'
import { sm2Verifier } from '@anqu/gm-crypto'
import { parseCertificate, validateChain } from '@anqu/pki'
import {
  createServiceCall,
  loadCallerKey,
  ServiceUnavailable,
  type Clock,
  type ServiceCall,
} from '@anqu/platform'
import { countAnswer, paths, protocol, scriptAnswer, trustAnswer, trustPath } from '@anqu/tsm/api'
import type { CardOffice } from './card-office.ts'
import { createHttpCardOffice } from './http-card-office.ts'
import type { ServiceManager } from './service-manager.ts'

const timeoutMs = 5_000
const tsmName = 'anqu-tsm'

type Options = {
  readonly url: string
  readonly dataDir: string
  readonly callersDir: string
  readonly clock: Clock
  /** The CA's certificates, root last, as the channel has pinned them. */
  readonly anchors: () => Promise<readonly Uint8Array[]>
}

/**
 * The built-in TSM over HTTP. Calls are signed by the channel's own key; every answer must be signed under a certificate that
 * names the TSM and leads to the CA's root. The first call makes the connection, so that the channel starts without the TSM.
 */
export async function connectTsm(options: Options): Promise<{ manager: ServiceManager; office: CardOffice }> {
  const { dataDir, callersDir } = options
  const key = await loadCallerKey({ dataDir, callersDir, caller: 'channel', service: 'tsm' })
  let connected: Promise<ServiceCall> | undefined
  const connect = async (): Promise<ServiceCall> => {
    const verify = sm2Verifier((await signingCertificate(options)).publicKey)
    const { url, clock } = options
    return createServiceCall({ protocol, url, caller: 'channel', key, clock, verify })
  }
  const call: ServiceCall = async (path, body, schema) => {
    connected ??= connect().catch((error: unknown) => {
      connected = undefined
      throw error
    })
    return (await connected)(path, body, schema)
  }
  return { manager: createHttpManager(call), office: createHttpCardOffice(call) }
}

function createHttpManager(call: ServiceCall): ServiceManager {
  return {
    begin: (request) => call(paths.scriptBegin, request, scriptAnswer),
    continue: (request) => call(paths.scriptContinue, request, scriptAnswer),
    lost: (request) => call(paths.cardLost, request, countAnswer),
    async report(request) {
      await call(paths.recordsReport, request, countAnswer)
    },
  }
}

async function signingCertificate({ url, clock, anchors }: Options) {
  const response = await fetch(`${url}${trustPath}`, { signal: AbortSignal.timeout(timeoutMs) }).catch(
    (error: unknown) => {
      throw new ServiceUnavailable(error instanceof Error ? error.name : 'no answer')
    },
  )
  const trust = trustAnswer.parse(await response.json())
  const pinned = (await anchors()).map((der) => parseCertificate(der))
  const leaf = parseCertificate(base64ToBytes(trust.signature))
  const verdict = validateChain({
    leaf,
    intermediates: pinned.slice(0, -1),
    anchors: pinned.slice(-1),
    atMs: clock.nowMs(),
    usage: { keyUsage: ['digitalSignature'], serverName: tsmName },
  })
  if (!verdict.ok)
    throw new ServiceUnavailable(`the TSM's certificate does not lead to the root: ${verdict.rule}`)
  return leaf
}
