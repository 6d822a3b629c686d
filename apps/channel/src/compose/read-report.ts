import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** The newest report of the conformance runner; null before there is one. */
export async function readReport(dataDir: string): Promise<Record<string, unknown> | null> {
  try {
    // Written by the conformance runner as one JSON object.
    return JSON.parse(await readFile(path.join(dataDir, 'conformance', 'latest.json'), 'utf8')) as Record<
      string,
      unknown
    >
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
