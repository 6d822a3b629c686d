import {
  createHttpServer,
  migrate,
  parseInput,
  sql,
  TransportError,
  type Clock,
  type Db,
  type HttpServer,
  type HttpServerOptions,
  type Log,
} from '@anqu/platform'
import { z } from 'zod'

export interface WitnessNeeds {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly listen: HttpServerOptions['listen']
}

const migrations = { module: 'witness', directory: new URL('./migrations/', import.meta.url) }
const picture = z.strictObject({
  id: z.uuid(),
  kind: z.enum(['captcha', 'confirmation', 'keyboard']),
  shows: z.string().min(1).max(200),
})
const one = z.strictObject({ id: z.uuid() })
const forgottenAfterMs = 3_600_000

/**
 * Stand-in for the eyes of whoever holds the phone: the channel of a demo tells it what each picture shows, and a test that
 * cannot see asks here what a person would read.
 */
export async function createWitness(needs: WitnessNeeds): Promise<Omit<HttpServer, 'app'>> {
  const { db, clock, log, listen } = needs
  await migrate(db, [migrations], { clock })
  const server = createHttpServer({ listen, settingPrefix: 'ANQU_WITNESS_', log, correlation: 'inherit' })
  server.app.post('/pictures', async (request, reply) => {
    const { id, kind, shows } = parseInput(picture, request.body)
    const nowMs = clock.nowMs()
    await db.execute(sql`delete from picture where at_ms < ${nowMs - forgottenAfterMs}`)
    await db.execute(sql`insert into picture (picture_id, kind, shows, at_ms) values (${id}, ${kind}, ${shows}, ${nowMs})
      on conflict (picture_id) do nothing`)
    return reply.code(201).send({ id })
  })
  server.app.get('/pictures/:id', async (request) => {
    const { id } = parseInput(one, request.params)
    const found = await db.maybe<{ kind: string; shows: string }>(
      sql`select kind, shows from picture where picture_id = ${id}`,
    )
    if (found === undefined) throw new TransportError('not-found')
    return found
  })
  return { start: server.start, stop: server.stop }
}
