import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { listFiles, root } from '../workspace.mjs'

const stampFile = path.join(root, 'node_modules/.cache/anqu/build.json')
// Neither tests nor explanations are part of what is built.
const notInput = /\.(?:test\.tsx?|md)$/

function filesOf(input) {
  const isFile = existsSync(path.join(root, input)) && statSync(path.join(root, input)).isFile()
  return isFile ? [input] : listFiles(input)
}

/** One hash over names and contents of these folders and files (relative to the root). */
export function hashInputs(inputs) {
  const hash = createHash('sha256').update(process.versions.node.split('.')[0])
  for (const file of [...new Set(inputs.flatMap(filesOf))].toSorted()) {
    if (notInput.test(file)) continue
    const content = readFileSync(path.join(root, file))
    hash.update(`${file}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** The hash of the inputs of each target's last finished build. */
export function readStamps() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return {}
  }
}

/** Remembers a finished build, or forgets it when the hash is undefined. */
export function writeStamp(name, hash) {
  mkdirSync(path.dirname(stampFile), { recursive: true })
  writeFileSync(`${stampFile}.new`, JSON.stringify({ ...readStamps(), [name]: hash }, null, 2))
  renameSync(`${stampFile}.new`, stampFile)
}
