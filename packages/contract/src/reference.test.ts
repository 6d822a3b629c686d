import { expect, test } from 'vitest'
import { allRoutes, refusals } from './index.ts'

const docs = '../../../docs/reference'

const routesPage = (): string => {
  const side = (audience: 'customer' | 'staff'): string =>
    allRoutes
      .filter((route) => route.audience === audience)
      .map(
        ({ path, name, session, zh, en, clauses }) =>
          `| \`${path}\` | \`${name}\` | ${session} | ${zh} · ${en} | ${clauses.join(', ')} |`,
      )
      .join('\n')
  const head = '| path | name | session | what | clauses |\n| --- | --- | --- | --- | --- |'
  return `<!-- Made from packages/contract by reference.test.ts; do not edit. -->

# Routes

All routes are \`POST\` and sealed by the [message protocol](message-protocol.md). The schemas are in the OpenAPI document
that a running server shows under \`/api-docs\` and \`/openapi.json\`.

## Customers (public listener)

${head}
${side('customer')}

## Staff (internal listener)

${head}
${side('staff')}
`
}

const refusalsPage = (): string => {
  const rows = Object.entries(refusals).map(
    ([code, { status, zh, en }]) => `| \`${code}\` | ${status} | ${zh} | ${en} |`,
  )
  return `<!-- Made from packages/contract by reference.test.ts; do not edit. -->

# Refusals

What a refused request answers with. A text never says which of several checks failed and never holds a value.

| code | HTTP status | 中文 | English |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

test('the page of routes is what the contract declares', async () => {
  await expect(routesPage()).toMatchFileSnapshot(`${docs}/routes.md`)
})

test('the page of refusals is the catalogue', async () => {
  await expect(refusalsPage()).toMatchFileSnapshot(`${docs}/refusals.md`)
})
