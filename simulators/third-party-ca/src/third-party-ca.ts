import { encodePem } from '@anqu/encoding'
import type { Name, RevocationReason } from '@anqu/pki'
import { createHttpServer, type Clock, type HttpServerOptions, type Log } from '@anqu/platform'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { accessHeaders, mayPass } from './access.ts'
import { Desk, NotDone } from './desk.ts'
import { loadKeys } from './keys.ts'
import { Register } from './register.ts'
import { answerStatus } from './status.ts'

export interface ThirdPartyCa {
  start(): Promise<string>
  stop(): Promise<void>
}

export interface ThirdPartyCaNeeds {
  readonly dataDir: string
  /** What callers sign their requests with. */
  readonly secret: Uint8Array
  readonly clock: Clock
  readonly log: Log
  readonly listen: HttpServerOptions['listen']
}

const named = z.string().regex(/^[\w:.-]{1,100}$/)
const enrolment = z.object({
  'x-request-id': named,
  'x-subscriber': named.optional(),
  'x-device': named.optional(),
  'x-server': named.optional(),
  'x-replaces': z
    .string()
    .regex(/^[0-9a-f]{2,40}$/)
    .optional(),
})
const reasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const
const revocation = z.enum(reasons).default('unspecified')

/** A licensed CA as others run it: requests in DER and headers, certificates in PEM, states in letters, status by OCSP. */
export async function openThirdPartyCa(needs: ThirdPartyCaNeeds): Promise<ThirdPartyCa> {
  const { dataDir, clock, log, listen } = needs
  const keys = await loadKeys(dataDir, clock.nowMs())
  const register = await Register.open(dataDir)
  const server = createHttpServer({ listen, settingPrefix: 'ANQU_THIRD_PARTY_CA_', log })
  let address = ''
  const desk = new Desk(keys, register, clock, () => address)
  const { app } = server
  for (const type of ['application/pkcs10', 'application/ocsp-request', 'application/x-www-form-urlencoded'])
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  publicRoutes(app, desk, (question) => answerStatus(question, { issuing: keys.issuing, register, clock }))
  app.get('/certificates/:serial', async (request, reply) => {
    const entry = register.find(serialOf(request))
    return entry
      ? reply.type('application/pem-certificate-chain').send(pemOf([entry.der]))
      : reply.code(404).send('not-found')
  })
  deskRoutes(app, desk, needs)
  return {
    start: async () => (address = await server.start()),
    stop: server.stop,
  }
}

const pemOf = (list: readonly Uint8Array[]): string =>
  list.map((der) => encodePem('CERTIFICATE', der)).join('')
const bytesIn = ({ body }: FastifyRequest): Uint8Array =>
  Buffer.isBuffer(body) ? new Uint8Array(body) : new Uint8Array(0)
const serialOf = ({ params }: FastifyRequest): string => String((params as { serial?: string }).serial) // the route names it

function publicRoutes(
  app: FastifyInstance,
  desk: Desk,
  status: (question: Uint8Array) => Promise<Uint8Array>,
): void {
  app.get('/ca.pem', (_request, reply) =>
    reply.type('application/pem-certificate-chain').send(pemOf(desk.chain)),
  )
  app.post('/ocsp', async (request, reply) =>
    reply.type('application/ocsp-response').send(Buffer.from(await status(bytesIn(request)))),
  )
}

function deskRoutes(app: FastifyInstance, desk: Desk, needs: ThirdPartyCaNeeds): void {
  /** Answers in plain text: a letter, a chain, or why not. */
  const signed = (path: string, work: (request: FastifyRequest) => Promise<string>): void => {
    app.post(path, async (request, reply) => {
      if (!isSigned(request, needs)) return reply.code(401).type('text/plain').send('not-signed')
      try {
        return await reply.type('text/plain').send(await work(request))
      } catch (error) {
        if (!(error instanceof NotDone)) throw error
        return reply
          .code(error.word === 'not-found' ? 404 : 422)
          .type('text/plain')
          .send(error.word)
      }
    })
  }
  signed('/enrolments', async (request) => {
    const entry = await desk.issue(orderIn(request))
    return pemOf([entry.der, ...desk.chain])
  })
  signed('/certificates/:serial/revoke', (request) => desk.change(serialOf(request), 'R', reasonIn(request)))
  signed('/certificates/:serial/hold', (request) => desk.change(serialOf(request), 'H', 'certificateHold'))
  signed('/certificates/:serial/release', (request) => desk.change(serialOf(request), 'V', 'unspecified'))
  signed('/certificates/:serial/activate', async (request) => {
    await desk.activate(serialOf(request))
    return 'V'
  })
}

function isSigned(request: FastifyRequest, { secret, clock }: ThirdPartyCaNeeds): boolean {
  const header = (name: string): string => String(request.headers[name] ?? '')
  const timeMs = header(accessHeaders.time)
  const signed = { method: request.method, path: request.url, timeMs, body: bytesIn(request) }
  return mayPass(secret, signed, header(accessHeaders.code), clock.nowMs())
}

function orderIn(request: FastifyRequest): Parameters<Desk['issue']>[0] {
  const read = enrolment.safeParse(request.headers)
  if (!read.success) throw new NotDone('bad-request')
  const {
    'x-request-id': requestId,
    'x-subscriber': account,
    'x-device': device,
    'x-server': server,
    'x-replaces': replaces,
  } = read.data
  const order = { requestId, csr: bytesIn(request), ...(replaces !== undefined && { replaces }) }
  const organisation = [
    { type: 'C', value: 'CN' },
    { type: 'O', value: 'Third Party' },
  ]
  if (server !== undefined)
    return { ...order, kind: 'server', subject: [...organisation, { type: 'CN', value: server }] }
  if (account === undefined || device === undefined) throw new NotDone('bad-request')
  const subject: Name = [...organisation, { type: 'UID', value: account }, { type: 'CN', value: device }]
  return { ...order, kind: 'subscriber', subject }
}

function reasonIn(request: FastifyRequest): RevocationReason {
  const form = new URLSearchParams(Buffer.from(bytesIn(request)).toString('latin1'))
  const read = revocation.safeParse(form.get('reason') ?? undefined)
  if (!read.success) throw new NotDone('bad-request')
  return read.data
}
