/** Where in the console one is. Everything is in the fragment, so that a view can be bookmarked and no server logs it. */
export const pages = [
  'overview',
  'operations',
  'audit',
  'certificates',
  'approvals',
  'cards',
  'warnings',
  'locks',
  'conformance',
] as const
export type PageName = (typeof pages)[number]
export type Place = { readonly page: PageName; readonly filters: Readonly<Record<string, string>> }

const isPage = (text: string): text is PageName => (pages as readonly string[]).includes(text)

export function parsePlace(fragment: string): Place {
  const [page = '', query = ''] = fragment.replace(/^#\/?/, '').split('?', 2)
  const filters = Object.fromEntries([...new URLSearchParams(query)].filter(([, value]) => value !== ''))
  return { page: isPage(page) ? page : 'overview', filters }
}

export function formatPlace({ page, filters }: Place): string {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== '')).toString()
  return query === '' ? `#/${page}` : `#/${page}?${query}`
}
