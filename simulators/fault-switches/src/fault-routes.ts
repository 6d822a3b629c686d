import { parseInput, TransportError } from '@anqu/platform'
import type { FastifyInstance } from 'fastify'
import { faultOrder, type FaultSwitches } from './fault-switches.ts'

/** `POST`, `GET` and `DELETE /admin/faults`: switch on, look, switch everything off. */
export function faultRoutes(app: FastifyInstance, switches: FaultSwitches): void {
  const url = '/admin/faults'
  app.route({
    method: 'POST',
    url,
    handler: async (request) => {
      const order = parseInput(faultOrder, request.body)
      try {
        switches.switchOn(order)
      } catch (error) {
        throw new TransportError('invalid', String(error), { cause: error })
      }
      return { active: switches.active() }
    },
  })
  app.route({ method: 'GET', url, handler: async () => ({ active: switches.active() }) })
  app.route({
    method: 'DELETE',
    url,
    handler: async () => {
      switches.switchOff()
      return { active: [] }
    },
  })
}
