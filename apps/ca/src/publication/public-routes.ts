import type { FastifyInstance } from 'fastify'
import { ParseError } from '@anqu/encoding'
import { ocspRequestFromPath } from '@anqu/pki'
import { TransportError, type Clock, type HttpServerOptions } from '@anqu/platform'
import type { AuthorityKeys } from '../keys/authority-keys.ts'
import type { Responder } from './responder.ts'
import type { PublishedList, RevocationLists } from './revocation-lists.ts'
import { publicPaths } from './shards.ts'

type Needs = {
  readonly clock: Clock
  readonly keys: AuthorityKeys
  readonly lists: RevocationLists
  readonly responder: Responder
}
type File = {
  readonly bytes: Buffer
  readonly type: string
  /** Set on lists, which run out. */
  readonly list?: { readonly fromMs: number; readonly untilMs: number; readonly tag: string }
}

const longestRequest = 16 * 1024
const ocspType = 'application/ocsp-response'
const certificateType = 'application/pkix-cert'
const listType = 'application/pkix-crl'

/** What relying parties fetch: status answers, lists and the issuers' certificates. All of it is signed, none of it secret. */
export function publicRoutes(app: FastifyInstance, needs: Needs): void {
  ocspRoutes(app, needs)
  fileRoutes(app, needs)
}

function ocspRoutes(app: FastifyInstance, { clock, responder }: Needs): void {
  app.addContentTypeParser(
    'application/ocsp-request',
    { parseAs: 'buffer', bodyLimit: longestRequest },
    (_request, body, done) => done(null, body),
  )
  app.post(publicPaths.ocsp, async (request, reply) => {
    const { der } = await responder.answer(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0))
    return reply.type(ocspType).send(der)
  })
  // RFC 5019 section 5: only what may be kept by others is worth a GET. The path is taken as it came, base64 has slashes.
  app.get(`${publicPaths.ocsp}/*`, async (request, reply) => {
    const { der, kept } = await responder.answerPath(request.raw.url ?? '', requestIn)
    return kept === undefined
      ? reply.type(ocspType).send(der)
      : reply.headers(keepHeaders(kept, clock.nowMs())).type(ocspType).send(der)
  })
}

function requestIn(url: string): Uint8Array {
  try {
    return ocspRequestFromPath(url.slice(publicPaths.ocsp.length + 1))
  } catch (error) {
    // The responder answers what cannot be read in its own words.
    if (error instanceof ParseError) return Buffer.alloc(0)
    throw error
  }
}

/** RFC 5019 section 6.2. */
const keepHeaders = (
  { untilMs, fromText, untilText }: { untilMs: number; fromText: string; untilText: string },
  nowMs: number,
): Record<string, string> => ({
  'cache-control': `max-age=${Math.max(0, Math.floor((untilMs - nowMs) / 1000))}, public, no-transform, must-revalidate`,
  'last-modified': fromText,
  expires: untilText,
})

/** Gives status answers that lie ready: most questions are about few certificates, and each is answered many times. */
export const giveReadyAnswers =
  ({
    clock,
    responder,
  }: Pick<Needs, 'clock' | 'responder'>): NonNullable<HttpServerOptions['answerAtOnce']> =>
  ({ method, url }, response) => {
    if (method !== 'GET' || !url?.startsWith(`${publicPaths.ocsp}/`)) return false
    const answer = responder.ready(url)
    if (answer === undefined) return false
    response.writeHead(200, {
      ...keepHeaders(answer, clock.nowMs()),
      'content-type': ocspType,
      'content-length': answer.der.length,
      'x-content-type-options': 'nosniff',
    })
    response.end(answer.der)
    return true
  }

function fileRoutes(app: FastifyInstance, { clock, keys, lists }: Needs): void {
  const serve = (path: string, find: (name: string) => File | undefined): void => {
    app.get<{ Params: { name?: string } }>(path, async (request, reply) => {
      const file = find(request.params.name ?? '')
      if (file === undefined) throw new TransportError('not-found')
      const nowMs = clock.nowMs()
      // A list that has run out says nothing any more: better none than that one.
      if (file.list !== undefined) {
        const { fromMs, untilMs, tag } = file.list
        if (untilMs <= nowMs) return reply.code(503).header('retry-after', '5').send()
        const [fromText, untilText] = [new Date(fromMs).toUTCString(), new Date(untilMs).toUTCString()]
        reply.headers({ ...keepHeaders({ untilMs, fromText, untilText }, nowMs), etag: tag })
      }
      return reply.type(file.type).send(file.bytes)
    })
  }
  serve('/crl/:name.crl', (name) => (name === 'root' ? rootList(keys) : shardList(lists, name)))
  const certificates = new Map([
    ['issuing', keys.issuing.certificate],
    ['root', keys.root],
  ])
  serve('/ca/:name.cer', (name) => {
    const found = certificates.get(name)
    return found && { bytes: Buffer.from(found.raw), type: certificateType }
  })
}

function rootList({ rootList: list }: AuthorityKeys): File | undefined {
  if (list === undefined) return undefined
  const { raw, thisUpdateMs: fromMs, nextUpdateMs: untilMs, number } = list
  return { bytes: Buffer.from(raw), type: listType, list: { fromMs, untilMs, tag: `"root-${number}"` } }
}

const deltaEnd = '-delta'

function shardList(lists: RevocationLists, name: string): File | undefined {
  const delta = name.endsWith(deltaEnd)
  const shard = delta ? name.slice(0, -deltaEnd.length) : name
  const found = lists.find(shard)
  const list: PublishedList | undefined = delta ? found?.delta : found?.full
  if (list === undefined) return undefined
  const { der, thisUpdateMs: fromMs, nextUpdateMs: untilMs, number } = list
  return { bytes: der, type: listType, list: { fromMs, untilMs, tag: `"${shard}-${number}"` } }
}
