import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const assembly = join(dirname(dirname(fileURLToPath(import.meta.url))), 'assembly')

/**
 * A file of assembly/ as the AssemblyScript compiler wants it, or null when there is none. A line `// inline` stands for
 * the decorator, which is not TypeScript on a function and would stop the formatter and the linter.
 */
export async function readAssembly(name) {
  const source = await readFile(join(assembly, name), 'utf8').catch(() => null)
  return source === null ? null : source.replaceAll(/^\/\/ inline$/gm, '@inline')
}
