import {
  applyFaults,
  createFaultSwitches,
  faultRoutes,
  type FaultOrder,
  type FaultSwitches,
} from '@anqu/fault-switches'
import {
  createHttpServer,
  migrate,
  parseInput,
  type Clock,
  type Db,
  type HttpServerOptions,
  type Log,
} from '@anqu/platform'
import type { FastifyInstance } from 'fastify'
import { inboxPage, inboxStyle, pagePolicy } from './inbox-page.ts'
import { createMessages, messageQuery, newMessage, type Messages } from './messages.ts'

export interface SmsNeeds {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly listen: HttpServerOptions['listen']
  /** How many messages stay; 500 by default. */
  readonly keep?: number
  readonly faults?: readonly FaultOrder[]
}

export interface Sms {
  readonly switches: FaultSwitches
  start(): Promise<string>
  stop(): Promise<void>
}

const migrations = { module: 'sms', directory: new URL('./migrations/', import.meta.url) }
const json = { 'content-type': 'application/json; charset=utf-8' }

function messageRoutes(app: FastifyInstance, messages: Messages, switches: FaultSwitches): void {
  app.route({
    method: 'POST',
    url: '/v1/messages',
    handler: (request, reply) =>
      applyFaults(switches, {
        name: 'send',
        request,
        reply,
        work: async ({ lost }) => {
          const message = parseInput(newMessage, request.body)
          if (!lost) await messages.deliver(message)
          return { status: 202, headers: json, body: JSON.stringify({ messageId: message.messageId }) }
        },
      }),
  })
  app.route({
    method: 'GET',
    url: '/v1/messages',
    handler: async (request) => ({ messages: await messages.list(parseInput(messageQuery, request.query)) }),
  })
}

function pageRoutes(app: FastifyInstance, messages: Messages): void {
  app.route({
    method: 'GET',
    url: '/',
    handler: async (request, reply) => {
      // The form sends an empty field when nothing is asked.
      const { phone } = parseInput(messageQuery, dropEmpty(request.query))
      const page = inboxPage(await messages.list({ phone }), phone)
      return reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').send(page)
    },
  })
  app.route({
    method: 'GET',
    url: '/inbox.css',
    handler: (_request, reply) => reply.type('text/css; charset=utf-8').send(inboxStyle),
  })
}

const dropEmpty = (query: unknown): unknown =>
  Object.fromEntries(Object.entries(query ?? {}).filter(([, value]) => value !== ''))

/** An SMS operator that delivers into an inbox page instead of phones. */
export async function createSms(needs: SmsNeeds): Promise<Sms> {
  const { db, clock, log, listen, keep = 500, faults = [] } = needs
  await migrate(db, [migrations], { clock })
  const messages = createMessages({ db, clock, keep })
  const switches = createFaultSwitches(['down', 'slow', 'timeout-after-commit', 'lost'], faults)
  const server = createHttpServer({ listen, settingPrefix: 'ANQU_SMS_', log, correlation: 'inherit' })
  messageRoutes(server.app, messages, switches)
  pageRoutes(server.app, messages)
  faultRoutes(server.app, switches)
  return { switches, start: server.start, stop: server.stop }
}
