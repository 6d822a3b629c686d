import {
  manifestFile,
  mostFileBytes,
  mostMessageBytes,
  verifyFile,
  verifyRelease,
  verifyUpdate,
  type KeeperState,
  type Obstacle,
  type Release,
  type Trust,
} from '@anqu/app-package'
import { bytesToHex } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import type { Installed, PackageStore } from './package-store.ts'

export interface KeeperNeeds {
  readonly store: PackageStore
  /** A file the server offers, or undefined when it cannot be had or is longer than the limit. */
  download(path: string, limitBytes: number): Promise<Uint8Array | undefined>
  /** Asks anew whether certificates are revoked. */
  refreshStatus(): Promise<void>
  /** Whom to trust at a time: nobody whose state is unknown for what is `offered`, nobody revoked for what is `stored`. */
  trust(kind: 'offered' | 'stored', atMs: number): Trust
  nowMs(): number
}

/** A package as it lies in the store, its signature checked, its files not. */
type Found = { readonly installed: Installed; readonly release: Release }

/**
 * Installs packages of the app, updates them and gives out their files. Nothing is fetched before its manifest's signature is
 * checked, nothing is stored before its hash is, and nothing is given out without checking it again (B-7.4-1, B-7.5.3-1,
 * A-5.6-3, D-5.4.3.5).
 */
export class Keeper {
  readonly #needs: KeeperNeeds
  #refusedUpdate: Obstacle | undefined
  /** One installation at a time, however many pages start. */
  #queue: Promise<unknown> = Promise.resolve()

  constructor(needs: KeeperNeeds) {
    this.#needs = needs
  }

  /** Takes a newer package if one is offered, then checks what is installed. What is refused leaves the old one in place. */
  start(): Promise<KeeperState> {
    return this.#inTurn(async () => {
      if ((await this.#needs.store.installed()) === undefined) return { state: 'none' }
      await this.#needs.refreshStatus()
      const found = await this.#find()
      if (typeof found === 'object') this.#refusedUpdate = await this.#take(found)
      return this.#checked()
    })
  }

  /** Also repairs: the package that is installed already is fetched once more. */
  install(): Promise<KeeperState> {
    return this.#inTurn(async () => {
      await this.#needs.refreshStatus()
      const found = await this.#find()
      const obstacle = await this.#take(typeof found === 'object' ? found : undefined, 'again')
      if (obstacle !== undefined) return { state: 'refused', at: 'install', why: obstacle }
      this.#refusedUpdate = undefined
      return this.#checked()
    })
  }

  check(): Promise<KeeperState> {
    return this.#inTurn(() => this.#checked())
  }

  /** A file of the installed package, or of the one before it, which an open page may still need. */
  async file(path: string): Promise<Uint8Array | undefined> {
    const { store } = this.#needs
    const installed = await store.installed()
    for (const id of [installed?.id, installed?.previousId]) {
      if (installed === undefined || id === undefined) continue
      const release = await this.#release(id, installed.installedAtMs)
      const content = await store.read(id, path)
      if (typeof release === 'object' && content && verifyFile(release, path, content)) return content
    }
    return undefined
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #find(): Promise<Found | 'none' | Obstacle> {
    const installed = await this.#needs.store.installed()
    if (installed === undefined) return 'none'
    const release = await this.#release(installed.id, installed.installedAtMs)
    return typeof release === 'object' ? { installed, release } : release
  }

  /** The signature is judged as of the installation: a certificate may run out afterwards, but not be revoked. */
  async #release(id: string, installedAtMs: number): Promise<Release | Obstacle> {
    const message = await this.#needs.store.read(id, manifestFile)
    if (message === undefined || bytesToHex(sm3(message)) !== id) return 'altered'
    const verdict = verifyRelease(message, this.#needs.trust('stored', installedAtMs))
    return verdict.ok ? verdict.release : verdict.refusal
  }

  async #checked(): Promise<KeeperState> {
    const found = await this.#find()
    if (found === 'none') return { state: 'none' }
    const why = typeof found === 'object' ? await this.#problemWithFiles(found) : found
    if (typeof found !== 'object' || why !== undefined)
      return { state: 'refused', at: 'start', why: why ?? 'altered' }
    const { installed, release } = found
    const checkedAtMs = this.#needs.nowMs()
    await this.#needs.store.install({ ...installed, checkedAtMs })
    return {
      state: 'ready',
      id: release.id,
      version: release.manifest.version,
      releasedAtMs: release.manifest.releasedAtMs,
      publisher: String(release.publisher),
      checkedAtMs,
      ...(this.#refusedUpdate === undefined ? {} : { refusedUpdate: this.#refusedUpdate }),
    }
  }

  async #problemWithFiles({ installed, release }: Found): Promise<Obstacle | undefined> {
    for (const { path } of release.manifest.files) {
      const content = await this.#needs.store.read(installed.id, path)
      if (content === undefined || !verifyFile(release, path, content)) return 'altered'
    }
    return undefined
  }

  /** Installs what the server offers; why not, otherwise. */
  async #take(old: Found | undefined, repair?: 'again'): Promise<Obstacle | undefined> {
    const { store, download, trust, nowMs } = this.#needs
    const message = await download(manifestFile, mostMessageBytes)
    if (message === undefined) return 'unreachable'
    const same = old?.installed.id === bytesToHex(sm3(message))
    if (same && repair === undefined) return undefined
    const trusted = trust('offered', nowMs())
    const verdict =
      old && !same ? verifyUpdate(message, trusted, old.release.manifest) : verifyRelease(message, trusted)
    if (!verdict.ok) return verdict.refusal
    const { release } = verdict
    const files = new Map([[manifestFile, message]])
    for (const { path } of release.manifest.files) {
      const content = await download(`app/${path}`, mostFileBytes)
      if (content === undefined) return 'unreachable'
      if (!verifyFile(release, path, content)) return 'altered'
      files.set(path, content)
    }
    await store.write(release.id, files)
    const previous = old === undefined || same ? {} : { previousId: old.installed.id }
    await store.install({ id: release.id, ...previous, installedAtMs: nowMs(), checkedAtMs: nowMs() })
    await store.keepOnly([release.id, ...Object.values(previous)])
    return undefined
  }
}
