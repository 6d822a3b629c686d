import { existsSync } from 'node:fs'
import { pageHeaders } from '@anqu/app-package'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

/** Serves one built single-page app: hashed assets for ever, the page itself never from a cache. */
export async function serveApp(app: FastifyInstance, directory: string): Promise<void> {
  if (!existsSync(directory)) throw new Error(`there is no built app at ${directory}`)
  await app.register(fastifyStatic, {
    root: directory,
    index: 'index.html',
    cacheControl: false,
    dotfiles: 'deny',
    setHeaders: (response, path) => {
      for (const [name, value] of Object.entries(pageHeaders)) response.setHeader(name, value)
      response.setHeader(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
      )
    },
  })
}
