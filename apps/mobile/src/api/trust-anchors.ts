import { base64ToBytes } from '@anqu/encoding'
import { parseCertificate, type Certificate } from '@anqu/pki'
import { catalogued, ProblemError } from './problem.ts'

const pinnedKey = 'anqu.anchors'

/**
 * Roots the server's certificate must lead to. The first start takes them from this origin and pins them: trust on first
 * use, as strong as the TLS under it. From then on a server with other roots is refused. A channel that ships its own
 * build puts the roots into the build instead.
 */
export async function loadAnchors(storage: Storage, fetchAnchors = fetchFromOrigin): Promise<Certificate[]> {
  const pinned = parseAnchors(storage.getItem(pinnedKey) ?? '')
  if (pinned) return pinned
  const text = await fetchAnchors()
  const fetched = parseAnchors(text)
  if (!fetched) throw new ProblemError(catalogued('message.untrusted-server'))
  storage.setItem(pinnedKey, text)
  return fetched
}

async function fetchFromOrigin(): Promise<string> {
  const response = await fetch('/trust-anchors', { cache: 'no-store', redirect: 'error' })
  return response.text()
}

/** Reads `{ certificates: [base64 DER …] }`; undefined unless there is at least one and all are certificates. */
function parseAnchors(text: string): Certificate[] | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const list: unknown =
      typeof value === 'object' && value !== null ? Reflect.get(value, 'certificates') : undefined
    if (!Array.isArray(list) || list.length === 0) return undefined
    return list.map((entry: unknown) => parseCertificate(base64ToBytes(String(entry))))
  } catch {
    return undefined
  }
}
