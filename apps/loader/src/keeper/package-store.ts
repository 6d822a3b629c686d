/** What is known of the installed package beside its files. */
export interface Installed {
  /** Names the package; see `Release.id`. */
  readonly id: string
  /** The one before, whose files a page that is still open may ask for. */
  readonly previousId?: string
  readonly installedAtMs: number
  readonly checkedAtMs: number
}

/** Packages on this device. Whatever shares the origin can write here, so that nothing is believed before it is checked. */
export interface PackageStore {
  installed(): Promise<Installed | undefined>
  /** Takes effect at once or not at all: from here on another package is the installed one. */
  install(installed: Installed): Promise<void>
  /** A file of a package, or undefined when it is not there. */
  read(id: string, path: string): Promise<Uint8Array | undefined>
  /** All files of a package that is not installed yet. */
  write(id: string, files: ReadonlyMap<string, Uint8Array>): Promise<void>
  /** Removes every package but these. */
  keepOnly(ids: readonly string[]): Promise<void>
}

const stateName = 'anqu-app'
const stateAddress = '/installed'
const packageName = (id: string): string => `anqu-app-${id}`
const id = /^[0-9a-f]{64}$/

/** Packages in the browser's caches, one cache each. */
export function cachedPackages(storage: CacheStorage): PackageStore {
  return {
    async installed() {
      const answer = await (await storage.open(stateName)).match(stateAddress)
      return answer && read(await answer.text())
    },
    async install(installed) {
      const state = await storage.open(stateName)
      await state.put(stateAddress, new Response(JSON.stringify(installed)))
    },
    async read(name, path) {
      if (!(await storage.has(packageName(name)))) return undefined
      const answer = await (await storage.open(packageName(name))).match(`/${path}`)
      return answer && new Uint8Array(await answer.arrayBuffer())
    },
    async write(name, files) {
      await storage.delete(packageName(name))
      const cache = await storage.open(packageName(name))
      for (const [path, content] of files) await cache.put(`/${path}`, new Response(new Uint8Array(content)))
    },
    async keepOnly(ids) {
      const kept = ids.map(packageName)
      const others = (await storage.keys()).filter(
        (name) => name.startsWith('anqu-app-') && !kept.includes(name),
      )
      await Promise.all(others.map((name) => storage.delete(name)))
    },
  }
}

function read(text: string): Installed | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isInstalled(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isInstalled(value: unknown): value is Installed {
  if (typeof value !== 'object' || value === null) return false
  const { id: name, previousId, installedAtMs, checkedAtMs } = value as Record<keyof Installed, unknown>
  return (
    isId(name) &&
    (previousId === undefined || isId(previousId)) &&
    typeof installedAtMs === 'number' &&
    typeof checkedAtMs === 'number'
  )
}

const isId = (value: unknown): boolean => typeof value === 'string' && id.test(value)
