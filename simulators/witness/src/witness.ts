import {
  createHttpServer,
  migrate,
  parseInput,
  sql,
  TransportError,
  type Clock,
  type Db,
  type HttpServerOptions,
  type Log,
} from '@anqu/platform'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

export interface WitnessNeeds {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly listen: HttpServerOptions['listen']
}

export interface Witness {
  start(): Promise<string>
  stop(): Promise<void>
}

const pictureId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)
const content = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('captcha'), text: z.string().min(1).max(40) }),
  z.strictObject({ kind: z.literal('confirmation'), text: z.string().min(1).max(500) }),
  /** The keys of a keyboard in reading order. */
  z.strictObject({ kind: z.literal('keyboard'), layout: z.array(z.string().min(1).max(8)).min(1).max(128) }),
])
const shown = z.strictObject({ pictureId, expiresAtMs: z.int().nonnegative(), content })

const migrations = { module: 'witness', directory: new URL('./migrations/', import.meta.url) }
const longestKeptMs = 3_600_000

function routes(app: FastifyInstance, { db, clock }: WitnessNeeds): void {
  app.route({
    method: 'POST',
    url: '/pictures',
    handler: async (request, reply) => {
      const picture = parseInput(shown, request.body)
      const nowMs = clock.nowMs()
      const endsAtMs = Math.min(picture.expiresAtMs, nowMs + longestKeptMs)
      // A picture is shown once; what it shows never changes.
      await db.execute(sql`insert into picture (picture_id, kind, content, expires_at_ms)
        values (${picture.pictureId}, ${picture.content.kind}, ${sql.json(picture.content)}, ${endsAtMs})
        on conflict do nothing`)
      await db.execute(sql`delete from picture where expires_at_ms <= ${nowMs}`)
      return reply.code(201).send({ pictureId: picture.pictureId })
    },
  })
  app.route({
    method: 'GET',
    url: '/pictures/:id',
    handler: async (request) => {
      const { id } = parseInput(z.strictObject({ id: pictureId }), request.params)
      const row = await db.maybe<{ content: unknown }>(
        sql`select content from picture where picture_id = ${id} and expires_at_ms > ${clock.nowMs()}`,
      )
      if (row === undefined) throw new TransportError('not-found', 'no such picture, or not any more')
      return row.content
    },
  })
}

/**
 * Stands in for the eyes of the person at the phone: the channel tells it what each picture shows, so that a walk without a
 * person can read it. It would undo the pictures' purpose anywhere else, so the production profile refuses it.
 */
export async function createWitness(needs: WitnessNeeds): Promise<Witness> {
  const { db, clock, log, listen } = needs
  await migrate(db, [migrations], { clock })
  const server = createHttpServer({ listen, settingPrefix: 'ANQU_WITNESS_', log, correlation: 'inherit' })
  routes(server.app, needs)
  return { start: server.start, stop: server.stop }
}
