import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { manifestFile } from '@anqu/app-package'
import {
  certIdOf,
  createOcspRequest,
  EKU_CODE_SIGNING,
  parseSignedData,
  verifyOcspResponse,
  type Certificate,
} from '@anqu/pki'
import type { Clock, Log } from '@anqu/platform'
import type { FastifyInstance } from 'fastify'

type Needs = {
  /** Folder of the release that is served. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
}

const timeoutMs = 3_000
const mostAnswerBytes = 16 * 1024
/** An answer is asked for anew after this, so that a revocation is known soon. */
const freshMs = 60_000
/** And a CA that did not answer after this. */
const retryMs = 5_000

/**
 * What the CA says about the certificate that the served release was signed with: phones cannot reach the CA themselves. They
 * check the answer's signature; this server could only hold it back.
 */
export function serveReleaseStatus(app: FastifyInstance, needs: Needs): void {
  let kept: { readonly response: Uint8Array | undefined; readonly askedAtMs: number } | undefined
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    kept = { response: await askForStatus(needs), askedAtMs: needs.clock.nowMs() }
    asking = undefined
  }
  app.get('/release-status', async (_request, reply) => {
    const ageMs = needs.clock.nowMs() - (kept?.askedAtMs ?? 0)
    if (ageMs > (kept?.response ? freshMs : retryMs)) await (asking ??= ask())
    reply.header('cache-control', 'no-store')
    if (kept?.response === undefined) return reply.code(503).send()
    return reply.type('application/ocsp-response').send(Buffer.from(kept.response))
  })
}

async function askForStatus(needs: Needs): Promise<Uint8Array | undefined> {
  try {
    const [certificate, issuer] = await publisherOf(needs)
    const [url] = certificate?.extensions.ocspUrls ?? []
    if (certificate === undefined || issuer === undefined || url === undefined) return undefined
    const body = createOcspRequest({ certIds: [certIdOf(issuer, certificate.serial)] })
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request' },
      body: new Uint8Array(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const response = new Uint8Array(await answer.arrayBuffer())
    if (!answer.ok || response.length > mostAnswerBytes) return undefined
    const verdict = verifyOcspResponse({ response, certificate, issuer, atMs: needs.clock.nowMs() })
    return verdict.status === 'no-answer' ? undefined : response
  } catch (error) {
    needs.log.warn({ error }, 'the state of the release is not known')
    return undefined
  }
}

/** The publisher's certificate and its issuer, as the release brings them along. Whether to trust them is the phone's to say. */
async function publisherOf({ directory }: Needs): Promise<readonly (Certificate | undefined)[]> {
  const { certificates } = parseSignedData(await readFile(path.join(directory, manifestFile)))
  const publisher = certificates.find(({ extKeyUsage }) => extKeyUsage?.includes(EKU_CODE_SIGNING))
  return [publisher, certificates.find(({ subjectKey }) => subjectKey === publisher?.issuerKey)]
}
