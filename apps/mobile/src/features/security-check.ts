/** What the security check looks for, in the order it is shown (B-7.4-5). */
export const checks = ['automation', 'altered', 'frame', 'overlay', 'debugger', 'outdated'] as const
export type Check = (typeof checks)[number]

/** What a page can see of where it runs. */
export type Surroundings = {
  readonly window: Window & typeof globalThis
  readonly document: Document
}

/** Space that a browser's own edges take at most; a docked developer tool takes more. Pixels of the screen. */
const widestSidePx = 200
const highestBarsPx = 400

/** Whether something stands beside the page in its window. A zoomed page shrinks in both directions alike. */
function lacksSpace({ outerWidth, innerWidth, outerHeight, innerHeight }: Window): boolean {
  const zoom = Math.min(outerWidth / innerWidth, outerHeight / innerHeight)
  return outerWidth - zoom * innerWidth > widestSidePx || outerHeight - zoom * innerHeight > highestBarsPx
}

const native = Function.prototype.toString

/** Functions that see secrets or carry them, and the name each bears as long as nobody stands in its place. */
function sensitive({ window }: Surroundings): readonly (readonly [name: string, value: unknown])[] {
  const { crypto, indexedDB, JSON: json, Function: functions } = window
  const member = (owner: object | undefined, name: string): readonly [string, unknown] => [
    name,
    owner === undefined ? undefined : Reflect.get(owner, name),
  ]
  return [
    member(functions.prototype, 'toString'),
    member(window, 'fetch'),
    member(window, 'Worker'),
    member(window, 'addEventListener'),
    member(json, 'parse'),
    member(json, 'stringify'),
    member(crypto, 'getRandomValues'),
    member(crypto.subtle, 'encrypt'),
    member(crypto.subtle, 'decrypt'),
    member(indexedDB, 'open'),
  ]
}

/**
 * A function of the browser tells its own name and that its code is native. One that was wrapped tells its source; one behind a
 * proxy or a bind tells no name.
 */
function isGenuine(name: string, value: unknown): boolean {
  if (value === undefined) return true // outdated browsers and insecure pages lack some; other checks tell
  if (typeof value !== 'function') return false
  return new RegExp(`^function ${name}\\(\\)\\s*\\{\\s*\\[native code\\]\\s*\\}$`).test(native.call(value))
}

/** Elements that somebody else put over or into the page: frames, plug-ins, scripts of other origins, layers beside the app. */
function strangers({ document, window }: Surroundings): boolean {
  if (document.querySelector('iframe, frame, object, embed') !== null) return true
  const ours = (script: HTMLScriptElement): boolean =>
    script.src !== '' && new URL(script.src).origin === window.location.origin
  if ([...document.scripts].some((script) => !ours(script))) return true
  return [...document.body.children].some(
    (element) => element.id !== 'root' && !['SCRIPT', 'NOSCRIPT'].includes(element.tagName),
  )
}

/** What this app's protections rest on and browsers of the last years have. */
const isCurrent = ({ window }: Surroundings): boolean =>
  'WebAssembly' in window &&
  'structuredClone' in window &&
  typeof Reflect.get(window.Array.prototype, 'toSorted') === 'function' &&
  window.CSS.supports('selector(:has(a))')

const suspicious: Readonly<Record<Check, (seen: Surroundings) => boolean>> = {
  automation: ({ window }) => window.navigator.webdriver,
  altered: (seen) => sensitive(seen).some(([name, value]) => !isGenuine(name, value)),
  frame: ({ window }) => window.top !== window.self,
  overlay: strangers,
  debugger: ({ window }) => lacksSpace(window),
  outdated: (seen) => !isCurrent(seen),
}

/** The checks that found something. It can only tell what a page sees: a clean result is no proof of a clean device. */
export const findThreats = (seen: Surroundings): ReadonlySet<Check> =>
  new Set(checks.filter((check) => suspicious[check](seen)))
