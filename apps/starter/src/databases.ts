import { provisionDatabase } from '@anqu/platform'
import { startEmbeddedPostgres } from '@anqu/platform/embedded-postgres'
import type { DataFolder } from './data-folder.ts'

export interface Databases {
  /** Connection URL of each, by the name a program knows it by. */
  readonly urls: Readonly<Record<string, string>>
  onUnexpectedEnd(report: (detail: string) => void): void
  stop(): Promise<void>
}

/** The name on the server: the usual beginning can be exchanged, so that several installations share one server. */
const nameOnServer = (name: string, prefix: string): string => name.replace(/^anqu(?=_)/, prefix)

async function ownServer(names: readonly string[], data: DataFolder): Promise<Databases> {
  const server = await startEmbeddedPostgres({ dataDir: data.folder('postgres') })
  try {
    const urls: Record<string, string> = {}
    for (const name of names) urls[name] = await server.createDatabaseAndRole(name)
    return { urls, onUnexpectedEnd: server.onUnexpectedEnd, stop: server.stop }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/**
 * A database and a role of its own for every name: on an embedded server in the data folder, or on the server of a URL whose
 * login may create both.
 */
export async function openDatabases(
  names: readonly string[],
  data: DataFolder,
  { url, prefix }: { readonly url: string | undefined; readonly prefix: string },
): Promise<Databases> {
  if (url === undefined) return ownServer(names, data)
  const urls: Record<string, string> = {}
  for (const name of names) {
    const database = nameOnServer(name, prefix)
    urls[name] = await provisionDatabase(url, { database, role: database, password: data.secret(database) })
  }
  return { urls, onUnexpectedEnd: () => {}, stop: async () => {} }
}
