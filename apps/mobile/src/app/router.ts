/**
 * Places of the app and the fragment each is written as. Fragments never reach a server or its logs, and one HTML
 * document means one hash to check.
 */
const pages = {
  welcome: [],
  privacy: [],
  register: [],
  login: [],
  home: [],
  me: [],
  'bind-device': [],
  products: [],
  product: ['productId'],
  terms: ['productId'],
  propose: ['productId'],
  pay: ['proposalId'],
  operation: ['operationId'],
  operations: [],
  policies: [],
  policy: ['policyId'],
  messages: [],
  security: [],
  'security-check': [],
  warnings: [],
  email: [],
  devices: [],
  certificates: [],
  'renew-certificate': [],
  'report-device': ['deviceId'],
  'hold-device': ['deviceId'],
  history: [],
  'transaction-password': [],
  limits: [],
  settings: [],
  withdrawal: [],
} as const satisfies Record<string, readonly string[]>

type Pages = typeof pages
export type PageName = keyof Pages
export type Place = {
  [P in PageName]: { readonly page: P } & Readonly<Record<Pages[P][number], string>>
}[PageName]
export type PlaceOf<P extends PageName> = Extract<Place, { page: P }>

/** Pages one may see without a session; the rest sends to the log-in. */
const open: ReadonlySet<PageName> = new Set<PageName>([
  'welcome',
  'privacy',
  'register',
  'login',
  'products',
  'product',
  'terms',
  'settings',
  'security-check',
  'warnings',
])

export const isOpen = (place: Place): boolean => open.has(place.page)

const isPage = (name: string): name is PageName => Object.hasOwn(pages, name)

export function formatPlace(place: Place): string {
  const values: Readonly<Record<string, string>> = place
  const parts = pages[place.page].map((name) => encodeURIComponent(values[name] ?? ''))
  return `#/${[place.page, ...parts].join('/')}`
}

/** Reads a fragment; undefined for anything that is not exactly one of our places. */
export function parsePlace(fragment: string): Place | undefined {
  const [root, page = '', ...parts] = fragment.split('/')
  if (root !== '#' || !isPage(page) || parts.length !== pages[page].length || parts.includes(''))
    return undefined
  try {
    const values = pages[page].map((name, index) => [name, decodeURIComponent(parts[index] ?? '')])
    return { page, ...Object.fromEntries(values) } as Place // built from the same table the type is
  } catch {
    return undefined // a broken percent escape
  }
}
