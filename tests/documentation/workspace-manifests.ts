import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './markdown-files.ts'

export interface Manifest {
  readonly name: string
  readonly folder: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly bin?: Readonly<Record<string, string>>
}

function read(folder: string): Manifest {
  const text = readFileSync(path.join(root, folder, 'package.json'), 'utf8')
  return { ...(JSON.parse(text) as Omit<Manifest, 'folder'>), folder } // npm refuses any other shape
}

/** The package.json of the project and of every workspace. */
export function readManifests(): Manifest[] {
  const nested = ['packages', 'apps', 'simulators'].flatMap((parent) =>
    readdirSync(path.join(root, parent)).map((name) => `${parent}/${name}`),
  )
  return ['.', ...nested, 'conformance', 'tests', 'bench']
    .filter((folder) => existsSync(path.join(root, folder, 'package.json')))
    .map(read)
}
