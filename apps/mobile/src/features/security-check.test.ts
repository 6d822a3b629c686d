import { expect, test } from 'vitest'
import { checks, findThreats, type Check, type Surroundings } from './security-check.ts'

type Change = { window?: object; document?: object }

const script = (src: string) => ({ src, tagName: 'SCRIPT', id: '' })

/** As much of a page as the check looks at; functions are those of this process and therefore native. */
function page(change: Change = {}): Surroundings {
  const window: Record<string, unknown> = {
    navigator: { webdriver: false },
    location: { origin: 'https://app.test' },
    outerWidth: 390,
    innerWidth: 390,
    outerHeight: 844,
    innerHeight: 760,
    WebAssembly,
    structuredClone,
    Array,
    JSON,
    Function,
    CSS: { supports: () => true },
    crypto: {},
    ...change.window,
  }
  Object.assign(window, { self: window })
  window['top'] ??= window
  const document = {
    querySelector: () => null,
    scripts: [script('https://app.test/assets/index.js')],
    body: { children: [{ id: 'root', tagName: 'DIV' }] },
    ...change.document,
  }
  // The parts the check reads, no more.
  return { window, document } as unknown as Surroundings
}

test('nothing is found on a page nobody has touched', () => {
  expect(findThreats(page())).toEqual(new Set())
})

test('a page that is only zoomed in is no finding', () => {
  const zoomed = { outerWidth: 1280, innerWidth: 640, outerHeight: 900, innerHeight: 390 }
  expect(findThreats(page({ window: zoomed }))).toEqual(new Set())
})

test.each<[Check, string, Change]>([
  ['automation', 'a browser under control of a program', { window: { navigator: { webdriver: true } } }],
  ['altered', 'a wrapped function', { window: { fetch: (address: string) => fetch(address) } }],
  ['altered', 'a function behind a proxy', { window: { JSON: { parse: new Proxy(JSON.parse, {}) } } }],
  ['altered', 'a bound function', { window: { JSON: { stringify: JSON.stringify.bind(JSON) } } }],
  ['altered', 'a function under a foreign name', { window: { JSON: { parse: JSON.stringify } } }],
  ['frame', 'a page inside another one', { window: { top: {} } }],
  ['overlay', 'a frame in the page', { document: { querySelector: () => ({}) } }],
  ['overlay', 'a script of another origin', { document: { scripts: [script('https://bad.test/a.js')] } }],
  ['overlay', 'a script inside the page', { document: { scripts: [script('')] } }],
  [
    'overlay',
    'a layer beside the app',
    { document: { body: { children: [{ id: 'layer', tagName: 'DIV' }] } } },
  ],
  ['debugger', 'a tool docked at the side', { window: { outerWidth: 900 } }],
  ['debugger', 'a tool docked below', { window: { outerHeight: 844, innerHeight: 380 } }],
  [
    'outdated',
    'an old browser',
    { window: { WebAssembly: undefined, structuredClone: undefined, Array: { prototype: {} } } },
  ],
])('%s is found on %s, and nothing else', (check, _what, change) => {
  expect(checks).toContain(check)
  expect([...findThreats(page(change))]).toEqual([check])
})
