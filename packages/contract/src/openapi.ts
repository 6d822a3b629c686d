import { z } from 'zod'
import { refusals } from './refusals.ts'
import { allRoutes } from './all-routes.ts'
import type { Route } from './route.ts'

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}

const operationOf = (route: Route): object => ({
  operationId: route.name,
  summary: `${route.zh} · ${route.en}`,
  tags: [route.name.split('.')[0]],
  'x-anqu-session': route.session,
  'x-anqu-clauses': route.clauses,
  description:
    'Sealed: body and answer are records of the message protocol (application/vnd.anqu.sealed) under the header ' +
    'Anqu-Channel. The schemas describe what is inside the seal.' +
    (route.encryptedUnder === undefined
      ? ''
      : ' The input is encrypted to the certificate of encryption.certificate.'),
  requestBody: {
    required: true,
    content: { 'application/json': { schema: schemaOf(route.input, 'input') } },
  },
  responses: {
    '200': {
      description: 'Done',
      content: { 'application/json': { schema: schemaOf(route.output, 'output') } },
    },
    default: {
      description: 'A refusal',
      content: { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } },
    },
  },
})

/** The OpenAPI 3.1 description of one side of the server, made from the declared routes. */
export function openApiDocument(audience: Route['audience'], version: string): object {
  const routes = allRoutes.filter((route) => route.audience === audience)
  return {
    openapi: '3.1.0',
    info: { title: audience === 'customer' ? 'Anqu channel API' : 'Anqu staff API', version },
    paths: Object.fromEntries(routes.map((route) => [route.path, { post: operationOf(route) }])),
    components: {
      schemas: {
        Refusal: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'zh', 'en', 'correlationId'],
              properties: {
                code: { type: 'string', enum: Object.keys(refusals) },
                zh: { type: 'string' },
                en: { type: 'string' },
                correlationId: { type: 'string' },
                retryAtMs: { type: 'integer' },
              },
            },
          },
        },
      },
    },
  }
}
