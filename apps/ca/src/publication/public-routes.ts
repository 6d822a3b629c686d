import type { FastifyInstance, FastifyReply } from 'fastify'
import { ParseError } from '@anqu/encoding'
import { ocspRequestFromPath } from '@anqu/pki'
import { TransportError, type Clock } from '@anqu/platform'
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
    const answer = await responder.answer(requestIn(request.raw.url ?? ''))
    if (answer.kept !== undefined) keep(reply, answer.kept, clock.nowMs())
    return reply.type(ocspType).send(answer.der)
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

type Kept = { readonly fromMs: number; readonly untilMs: number }

/** RFC 5019 section 6.2. */
function keep(reply: FastifyReply, { fromMs, untilMs }: Kept, nowMs: number): FastifyReply {
  const seconds = Math.max(0, Math.floor((untilMs - nowMs) / 1000))
  return reply
    .header('cache-control', `max-age=${seconds}, public, no-transform, must-revalidate`)
    .header('last-modified', new Date(fromMs).toUTCString())
    .header('expires', new Date(untilMs).toUTCString())
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
        keep(reply, { fromMs, untilMs }, nowMs).header('etag', tag)
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
