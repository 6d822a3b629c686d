import { bytesToUtf8, hexToBytes, utf8ToBytes } from '@anqu/encoding'

/** One file of a package, found under its path relative to the package. */
export interface PackagedFile {
  readonly path: string
  readonly bytes: number
  /** SM3, 32 bytes in hex. */
  readonly sm3: string
}

/** What a publisher signs: which files are the app, and when they were put together. */
export interface Manifest {
  /** As people read it, `0.1.0`. */
  readonly version: string
  /** Orders releases: a package with an earlier time never replaces one with a later time. */
  readonly releasedAtMs: number
  readonly files: readonly PackagedFile[]
}

/** Stands in every manifest, and as DNS name in the certificate of whoever may sign one. */
export const appPackageName = 'anqu-mobile'

/** The signed manifest, beside the files of its package. */
export const manifestFile = 'release.p7m'

/** Checking needs these and no other (B-7.5.3-4). */
const algorithms = { digest: 'sm3', signature: 'sm2-with-sm3' } as const
const format = 1

export const mostManifestBytes = 64 * 1024
export const mostFileBytes = 8 * 1024 * 1024
export const mostPackageBytes = 32 * 1024 * 1024
const mostFiles = 256
const safePath = /^(?:[\w-][\w.-]*\/){0,4}[\w-][\w.-]*$/

export function encodeManifest({ version, releasedAtMs, files }: Manifest): Uint8Array {
  const content = { format, name: appPackageName, algorithms, version, releasedAtMs, files }
  return utf8ToBytes(JSON.stringify(content))
}

/** Undefined for whatever is no manifest of this app, in this format, with these algorithms. */
export function parseManifest(content: Uint8Array): Manifest | undefined {
  if (content.length > mostManifestBytes) return undefined
  try {
    const value: unknown = JSON.parse(bytesToUtf8(content))
    return manifestOf(value)
  } catch {
    return undefined
  }
}

function manifestOf(value: unknown): Manifest | undefined {
  if (!isObject(value) || value['format'] !== format || value['name'] !== appPackageName) return undefined
  const { algorithms: named, version, releasedAtMs, files } = value
  if (!isObject(named) || named['digest'] !== algorithms.digest) return undefined
  if (named['signature'] !== algorithms.signature) return undefined
  if (typeof version !== 'string' || !/^\d{1,5}\.\d{1,5}\.\d{1,5}$/.test(version)) return undefined
  if (!isCount(releasedAtMs, Number.MAX_SAFE_INTEGER) || !isFiles(files)) return undefined
  return { version, releasedAtMs, files }
}

function isFiles(value: unknown): value is PackagedFile[] {
  if (!Array.isArray(value) || value.length > mostFiles || !value.every(isFile)) return false
  const paths = new Set(value.map(({ path }) => path))
  const bytes = value.reduce((sum, file) => sum + file.bytes, 0)
  return (
    paths.size === value.length &&
    paths.has('index.html') &&
    !paths.has(manifestFile) &&
    bytes <= mostPackageBytes
  )
}

function isFile(value: unknown): value is PackagedFile {
  if (!isObject(value)) return false
  const { path, bytes, sm3 } = value
  return typeof path === 'string' && safePath.test(path) && isCount(bytes, mostFileBytes) && isDigest(sm3)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most

const isDigest = (value: unknown): value is string =>
  typeof value === 'string' && value.length === 64 && hexToBytes(value).length === 32
