import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { manifestFile, signRelease, verifyFile, verifyRelease, type Release } from '@anqu/app-package'
import type { CertifiedKey } from '@anqu/ca/api'
import { bytesToBase64 } from '@anqu/encoding'
import { privateKeySigner, type Certificate } from '@anqu/pki'

type Files = ReadonlyMap<string, Uint8Array>

export type PublishOptions = CertifiedKey & {
  readonly appDir: string
  readonly loaderDir: string
  readonly releaseDir: string
  /** Issuing certificate first, root last. */
  readonly anchors: readonly Certificate[]
  readonly nowMs: number
}

/** Of the release folder. Packages lie below `app/`, so that no file of theirs is ever taken for one of the loader. */
const names = { current: 'current', package: 'app', keeper: 'sw.js' } as const

/**
 * Puts the built app, its signed manifest and the loader into one folder, which takes the place of the last one at once or not
 * at all. What is published already, under a signature that holds, is left as it is.
 */
export async function publish(options: PublishOptions): Promise<string> {
  const { releaseDir, nowMs } = options
  const app = await readFiles(options.appDir)
  const loader = withRoots(await readFiles(options.loaderDir), options.anchors)
  const current = path.join(releaseDir, names.current)
  const last = await lastRelease(current, options)
  if (last && (await isPublished(current, last, { app, loader, by: options.certificate })))
    return 'the release is up to date'
  const manifest = await signRelease({
    version: versionOf(app),
    // A clock that was turned back must not make a release that nobody takes.
    releasedAtMs: Math.max(nowMs, (last?.manifest.releasedAtMs ?? 0) + 1),
    files: app,
    certificate: options.certificate,
    intermediates: options.anchors.slice(0, -1),
    signer: privateKeySigner(options.key),
  })
  await mkdir(releaseDir, { recursive: true })
  const folder = await mkdtemp(path.join(releaseDir, 'release-'))
  await writeFiles(folder, loader)
  await writeFiles(path.join(folder, names.package), app)
  await writeFile(path.join(folder, manifestFile), manifest)
  await point(current, path.basename(folder))
  await removeOthers(releaseDir, path.basename(folder))
  return `released ${versionOf(app)} with ${app.size} files`
}

/** The version the app was built with. */
function versionOf(app: Files): string {
  const file = app.get('version.txt')
  if (file === undefined) throw new Error('the built app says no version')
  return new TextDecoder().decode(file).trim()
}

/** The service worker brings the roots along that it trusts: what a page can write to could be changed by a page. */
function withRoots(loader: Files, anchors: readonly Certificate[]): Files {
  const keeper = loader.get(names.keeper)
  if (keeper === undefined) throw new Error('the built loader has no service worker')
  const roots = JSON.stringify(anchors.slice(-1).map(({ raw }) => bytesToBase64(raw)))
  const script = `self.anquRoots = ${roots}\n${new TextDecoder().decode(keeper)}`
  return new Map([...loader, [names.keeper, new TextEncoder().encode(script)]])
}

async function lastRelease(
  current: string,
  { anchors, nowMs }: Pick<PublishOptions, 'anchors' | 'nowMs'>,
): Promise<Release | undefined> {
  const message = await readFile(path.join(current, manifestFile)).catch(() => undefined)
  if (message === undefined) return undefined
  const status = () => ({ status: 'good' }) as const
  const verdict = verifyRelease(message, { anchors: anchors.slice(-1), atMs: nowMs, status })
  return verdict.ok ? verdict.release : undefined
}

type Wanted = { readonly app: Files; readonly loader: Files; readonly by: Certificate }

async function isPublished(current: string, last: Release, { app, loader, by }: Wanted): Promise<boolean> {
  if (!last.publisher.publicKey.equals(by.publicKey) || !holds(last, app)) return false
  const published = await readFiles(current)
  const wanted: Files = new Map([
    ...loader,
    ...[...app].map(([name, content]) => [`${names.package}/${name}`, content] as const),
  ])
  return [...wanted].every(([name, content]) => equals(published.get(name), content))
}

const holds = (release: Release, app: Files): boolean =>
  release.manifest.files.length === app.size &&
  [...app].every(([name, content]) => verifyFile(release, name, content))

const equals = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
  a !== undefined && Buffer.from(a).equals(b)

async function readFiles(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const file = path.join(parentPath, name)
        const relative = path.relative(folder, file).split(path.sep).join('/')
        return [relative, new Uint8Array(await readFile(file))] as const
      }),
    ),
  )
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, content] of files) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, content)
  }
}

/** A symbolic link changes its target at once. */
async function point(link: string, target: string): Promise<void> {
  const draft = `${link}.new`
  await rm(draft, { force: true })
  await symlink(target, draft, 'junction')
  await rename(draft, link)
}

async function removeOthers(releaseDir: string, kept: string): Promise<void> {
  const old = (await readdir(releaseDir)).filter((name) => name.startsWith('release-') && name !== kept)
  await Promise.all(old.map((name) => rm(path.join(releaseDir, name), { recursive: true })))
}
