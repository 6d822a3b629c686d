import { allRoutes, openApiDocument, refusals, type Route } from '@anqu/contract'
import type { FastifyInstance } from 'fastify'

const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`)

type Schemas = Record<string, { post: { requestBody: unknown; responses: Record<string, unknown> } }>

function schemaBlock(title: string, value: unknown): string {
  return `<details><summary>${title}</summary><pre>${escape(JSON.stringify(value, undefined, 2))}</pre></details>`
}

function routeSection(route: Route, schemas: Schemas): string {
  const operation = schemas[route.path]?.post
  const clauses = route.clauses.map((clause) => `<code>${escape(clause)}</code>`).join(' ')
  return `<section><h2 id="${escape(route.name)}"><code>POST ${escape(route.path)}</code></h2>
<p>${escape(route.zh)} · ${escape(route.en)} — session: ${route.session}</p><p>${clauses}</p>
${schemaBlock('input', operation?.requestBody)}${schemaBlock('output', operation?.responses['200'])}</section>`
}

/** The routes of one side as a page for people, made from the same declarations as the OpenAPI document. No script. */
function apiDocsPage(audience: Route['audience'], version: string): string {
  const document = openApiDocument(audience, version)
  // Built one line above with exactly these paths.
  const schemas = (document as { paths: Schemas }).paths
  const routes = allRoutes.filter((route) => route.audience === audience)
  const codes = Object.entries(refusals)
    .map(
      ([code, { status, zh, en }]) =>
        `<tr><td><code>${code}</code></td><td>${status}</td><td>${zh}</td><td>${en}</td></tr>`,
    )
    .join('')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Anqu API · 接口文档</title><link rel="stylesheet" href="/api-docs.css"></head><body><main>
<h1>Anqu API · 接口文档</h1><p>Every route is sealed by the message protocol; the schemas describe what is inside the seal.
Machines read <a href="/openapi.json">/openapi.json</a>.</p>
${routes.map((route) => routeSection(route, schemas)).join('\n')}
<section><h2>Refusals · 拒绝码</h2><table>${codes}</table></section></main></body></html>`
}

const style = `:root{color-scheme:light dark;font:15px/1.6 -apple-system,"PingFang SC","Noto Sans CJK SC",sans-serif}
main{max-width:860px;margin:0 auto;padding:24px 16px}h1{font-size:24px}h2{font-size:16px;margin:28px 0 4px;overflow-wrap:anywhere}
section{border-top:1px solid #8884}pre{overflow:auto;padding:12px;background:#8881;border-radius:8px;font-size:13px}
summary{cursor:pointer}td{padding:2px 12px 2px 0;vertical-align:top}p{margin:4px 0}`

const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

/** Serves `/openapi.json` for machines and `/api-docs` for people. */
export function serveApiDocs(app: FastifyInstance, audience: Route['audience'], version: string): void {
  app.get('/openapi.json', async () => openApiDocument(audience, version))
  app.get('/api-docs.css', (_request, reply) =>
    reply.headers(headers).type('text/css; charset=utf-8').send(style),
  )
  app.get('/api-docs', (_request, reply) =>
    reply.headers(headers).type('text/html; charset=utf-8').send(apiDocsPage(audience, version)),
  )
}
