import Fastify from 'fastify'
import { initGmCrypto, randomBytes, sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { serveParent } from './child-server.ts'

// The floor of a status answer: a bare Fastify route with an answer of the same size, alone and with one bare signature.

await initGmCrypto()
const key = Sm2PrivateKey.generate()
/** As long as what is signed of an answer. */
const signed = randomBytes(250)
const answer = Buffer.alloc(Number(process.argv[2]))
const type = 'application/ocsp-response'

const app = Fastify()
app.addContentTypeParser('application/ocsp-request', { parseAs: 'buffer' }, (_request, body, done) =>
  done(null, body),
)
app.get('/bare/*', async (_request, reply) => reply.type(type).send(answer))
app.post('/bare-signed', async (_request, reply) => {
  sm2Sign(key, signed)
  return reply.type(type).send(answer)
})
serveParent(await app.listen({ host: '127.0.0.1', port: 0 }), () => app.close())
