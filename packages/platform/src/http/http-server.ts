import Fastify, { type FastifyHttpsOptions, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Server as HttpsServer, ServerOptions as HttpsOptions } from 'node:https'
import { ConfigError } from '../config.ts'
import { uuidv7 } from '../ids.ts'
import type { Log } from '../log.ts'
import { isWithinJsonBounds } from './json-bounds.ts'
import { tlsFor, type ListenSettings, type TlsFiles } from './listen-address.ts'
import { renderBug, renderTransportError, type ErrorRenderer, type RenderedError } from './render-error.ts'
import { asTransportError, TransportError } from './transport-error.ts'

export interface HttpServerOptions {
  readonly listen: ListenSettings
  /** Start of the settings' names, for refusals: `ANQU_CA_`. */
  readonly settingPrefix: string
  readonly log: Log
  /** Renders the program's own refusals. */
  readonly renderError?: ErrorRenderer
  /** `inherit` takes the id of a request that another of our own processes made; `fresh` always makes one. */
  readonly correlation?: 'fresh' | 'inherit'
  /** 256 KiB by default. */
  readonly bodyLimitBytes?: number
  /**
   * Answers requests whose answer lies ready, before any of the framework's work; true when it did. The bounds on headers,
   * time and connections hold here as well.
   */
  readonly answerAtOnce?: (request: IncomingMessage, response: ServerResponse) => boolean
}

export interface HttpServer {
  /** Register routes here before `start`. `request.id` is the correlation id. */
  readonly app: FastifyInstance
  /** Listens and answers the address, for example `http://127.0.0.1:8080`. */
  start(): Promise<string>
  /** Takes no new request, finishes the running ones, closes. */
  stop(): Promise<void>
}

export const correlationHeader = 'anqu-correlation-id'
/** Content types whose body reaches a handler as a Buffer. */
export const binaryTypes = ['application/octet-stream', 'application/vnd.anqu.sealed'] as const
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function serverOptions(options: HttpServerOptions): FastifyServerOptions {
  const { correlation = 'fresh', bodyLimitBytes = 256 * 1024 } = options
  return {
    logger: false, // a line per request costs a third of the throughput; modules log what matters
    bodyLimit: bodyLimitBytes,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 10_000,
    maxRequestsPerSocket: 10_000,
    trustProxy: false, // addresses are those of the socket; a header says nothing about them
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 128, caseSensitive: true, ignoreTrailingSlash: false },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    genReqId: (request) => {
      const given = request.headers[correlationHeader]
      return correlation === 'inherit' && typeof given === 'string' && uuid.test(given) ? given : uuidv7()
    },
    // Without this a broken request line is answered by Fastify itself, with a text of its own.
    clientErrorHandler: (_error, socket) => {
      if (socket.writable)
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    },
  }
}

function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString()
    if (isWithinJsonBounds(text)) parseJson(request, text, done)
    else done(new TransportError('malformed', 'JSON nested too deeply or with too many members'))
  })
  app.addContentTypeParser([...binaryTypes], { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )
}

function renderErrors(app: FastifyInstance, { log, renderError }: HttpServerOptions): void {
  const render = (raw: unknown, id: string): RenderedError => {
    const error = asTransportError(raw)
    const known = renderError?.(error, id) ?? renderTransportError(error, id)
    if (known === undefined) log.error({ correlationId: id, error }, 'a request failed by a bug')
    else if (error instanceof TransportError)
      log.debug({ correlationId: id, problem: error.problem, detail: error.detail }, 'request refused')
    return known ?? renderBug(id)
  }
  app.setErrorHandler((raw, request, reply) => {
    const { status, body, headers = {} } = render(raw, request.id)
    return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body)
  })
  app.setNotFoundHandler(() => {
    throw new TransportError('not-found')
  })
}

function setHeaders(app: FastifyInstance, secure: boolean): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(correlationHeader, request.id)
    reply.header('cache-control', 'no-store')
    reply.header('x-content-type-options', 'nosniff')
    reply.header('referrer-policy', 'no-referrer')
    if (secure) reply.header('strict-transport-security', 'max-age=31536000')
    done()
  })
}

const headerBounds = { maxHeaderSize: 16_384 }

function secureApp(base: FastifyServerOptions, tls: TlsFiles): FastifyInstance {
  const https: HttpsOptions = { ...tls, ...headerBounds, minVersion: 'TLSv1.2' }
  const options = { ...base, https } as unknown as FastifyHttpsOptions<HttpsServer> // the base is typed for plain HTTP
  return Fastify(options) as unknown as FastifyInstance // one face for both; Fastify types its server apart
}

function answerFirst(server: Server, answer: NonNullable<HttpServerOptions['answerAtOnce']>): void {
  const others = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (!answer(request, response)) for (const other of others) other.call(server, request, response)
  })
}

async function listen(app: FastifyInstance, { listen, settingPrefix }: HttpServerOptions): Promise<string> {
  try {
    return await app.listen({ host: listen.host, port: listen.port })
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES'))
      throw new ConfigError([
        { setting: `${settingPrefix}PORT`, problem: `${listen.port} cannot be listened on` },
      ])
    throw error
  }
}

/**
 * A Fastify server with bounds on everything a stranger can send: body, header, JSON depth, time. It renders errors at one
 * place as `{error:{code,zh,en,correlationId}}` and tells nothing about what it is made of.
 * @throws {ConfigError} naming the settings, when the address is not loopback and TLS is not set up
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const tls = tlsFor(options.listen, options.settingPrefix)
  const base = serverOptions(options)
  const app = tls === undefined ? Fastify({ ...base, http: headerBounds }) : secureApp(base, tls)
  const server = app.server as Server // http and https share these bounds
  server.headersTimeout = 15_000
  server.maxConnections = 4_096
  server.maxHeadersCount = 100
  if (options.answerAtOnce) answerFirst(server, options.answerAtOnce)
  parseBodies(app)
  renderErrors(app, options)
  setHeaders(app, tls !== undefined)
  return { app, start: () => listen(app, options), stop: () => app.close() }
}
