import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Page {
  /** Relative to the root, with forward slashes. */
  readonly file: string
  readonly text: string
}

const skipped = new Set(['node_modules', 'dist', 'data', 'reports'])

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name)
    if (entry.isDirectory())
      return skipped.has(entry.name) || entry.name.startsWith('.') ? [] : filesBelow(file)
    return entry.name.endsWith('.md') ? [file] : []
  })
}

/** Every page of documentation, from the README to those of the modules. */
export function readPages(): Page[] {
  return filesBelow('.').map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }))
}

/** Targets of links and pictures that point into the project. */
export function localLinks({ text }: Page): string[] {
  const withoutCode = text.replace(/```[^]*?```/g, '')
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.split('#')[0] ?? '')
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
}

/** Commands in shell blocks and in code spans, without comments and leading variables. */
export function commandsIn({ text }: Page): string[] {
  const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].flatMap(([, block = '']) => block.split('\n'))
  const spans = [...text.matchAll(/`((?:npm|node|npx|bash) [^`\n]+)`/g)].map(([, span = '']) => span)
  return [...blocks, ...spans]
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .map((line) => line.replace(/^(?:[A-Z_]+=\S+ )+/, ''))
    .filter((line) => /^(?:npm|node|npx|bash)\s/.test(line))
}
