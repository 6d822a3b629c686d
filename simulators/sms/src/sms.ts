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
  sql,
  uuidv7,
  type Clock,
  type Db,
  type HttpServer,
  type HttpServerOptions,
  type Log,
} from '@anqu/platform'
import { z } from 'zod'
import { findNotices, noticeOrder, noticeSearch, storeNotice } from './notices.ts'
import { inboxPage, inboxStyle, pageHeaders } from './inbox-page.ts'

export interface SmsNeeds {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly listen: HttpServerOptions['listen']
  readonly faults?: readonly FaultOrder[]
}

export interface Message {
  readonly messageId: string
  readonly phone: string
  readonly text: string
  readonly atMs: number
}

export const smsFaults = ['down', 'slow', 'timeout-after-commit', 'lost'] as const

const migrations = { module: 'sms', directory: new URL('./migrations/', import.meta.url) }
const shownAtMost = 100
const keptAtMost = 10_000
const phone = z.string().regex(/^1[0-9]{10}$/)
const order = z.strictObject({
  phone,
  text: z.string().min(1).max(500),
  reference: z.string().min(1).max(64),
})
const search = z.strictObject({ phone: phone.optional() })

interface Row {
  message_id: string
  phone: string
  text: string
  at_ms: bigint
}

async function find(db: Db, number: string | undefined): Promise<Message[]> {
  const rows = await db.query<Row>(sql`select message_id, phone, text, at_ms from message
    where ${number ?? null}::text is null or phone = ${number ?? null} order by at_ms desc, message_id desc limit ${shownAtMost}`)
  return rows.map((row) => ({
    messageId: row.message_id,
    phone: row.phone,
    text: row.text,
    atMs: Number(row.at_ms),
  }))
}

/** Takes a message once a reference; the oldest ones go when there are too many. */
async function store({ db, clock }: SmsNeeds, message: z.output<typeof order>): Promise<void> {
  const atMs = clock.nowMs()
  await db.execute(sql`insert into message (message_id, phone, text, reference, at_ms)
    values (${uuidv7(atMs)}, ${message.phone}, ${message.text}, ${message.reference}, ${atMs}) on conflict (reference) do nothing`)
  await db.execute(sql`delete from message where at_ms < (select min(at_ms) from
    (select at_ms from message order by at_ms desc limit ${keptAtMost}) newest)`)
}

const accepted = {
  status: 202,
  headers: { 'content-type': 'application/json' },
  body: '{"accepted":true}',
} as const

/** An operator of text messages, push and e-mail, with an inbox that anybody on this machine can read. */
export async function createSms(
  needs: SmsNeeds,
): Promise<Omit<HttpServer, 'app'> & { switches: FaultSwitches }> {
  const { db, clock, log, listen, faults = [] } = needs
  await migrate(db, [migrations], { clock })
  const switches = createFaultSwitches(smsFaults, faults)
  const server = createHttpServer({ listen, settingPrefix: 'ANQU_SMS_', log, correlation: 'inherit' })
  const { app } = server
  app.post('/v1/messages', (request, reply) =>
    applyFaults(switches, {
      name: 'send',
      request,
      reply,
      work: async ({ lost }) => {
        const message = parseInput(order, request.body)
        if (!lost) await store(needs, message)
        return accepted
      },
    }),
  )
  app.post('/v1/notices', (request, reply) => {
    const notice = parseInput(noticeOrder, request.body)
    return applyFaults(switches, {
      name: notice.way,
      request,
      reply,
      work: async ({ lost }) => {
        if (!lost) await storeNotice(needs, notice)
        return accepted
      },
    })
  })
  app.get('/v1/notices', async (request) => ({
    notices: await findNotices(db, parseInput(noticeSearch, request.query)),
  }))
  app.get('/v1/messages', async (request) => ({
    messages: await find(db, parseInput(search, request.query).phone),
  }))
  app.get('/inbox.css', (_request, reply) =>
    reply.headers(pageHeaders).type('text/css; charset=utf-8').send(inboxStyle),
  )
  app.get('/', async (request, reply) => {
    const given = search.safeParse(request.query)
    const number = given.success ? given.data.phone : undefined
    const page = inboxPage(await find(db, number), number)
    return reply.headers(pageHeaders).type('text/html; charset=utf-8').send(page)
  })
  faultRoutes(app, switches)
  return { switches, start: server.start, stop: server.stop }
}
