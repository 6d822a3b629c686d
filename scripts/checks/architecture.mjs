import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { run } from '../progress.mjs'
import { listFiles, listWorkspaces, root } from '../workspace.mjs'
import { plants } from './planted-violations.mjs'

const top = ['packages', 'apps', 'simulators', 'conformance', 'tests', 'bench']

async function cruise(cwd, folders) {
  const tool = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const config = path.join(root, 'architecture.cjs')
  const args = [tool, '--config', config, '--output-type', 'json', ...folders]
  const { output } = await run(process.execPath, args, { cwd })
  const start = output.indexOf('{')
  if (start === -1) throw new Error(`dependency-cruiser printed no result\n${output}`)
  return JSON.parse(output.slice(start))
}

const describe = ({ rule, from, to }) => `${rule.name}: ${from} → ${to}`

// A cruise that sees half the tree finds half the violations and looks just as green.
function unseenFiles(modules) {
  const seen = new Set(modules.map(({ source }) => source))
  const source = /\.tsx?$/
  const notCruised = /\/vectors\/|^packages\/gm-crypto\/assembly\//
  const files = listWorkspaces().flatMap(({ folder }) => listFiles(folder))
  return files.filter((file) => source.test(file) && !notCruised.test(file) && !seen.has(file))
}

/** A small tree with the same folders in which each planted file breaks one rule; answers the rules that did not notice. */
async function unnoticedPlants() {
  const folder = mkdtempSync(path.join(tmpdir(), 'anqu-planted-'))
  const write = (file, content) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), content)
  }
  try {
    write('package.json', '{ "name": "planted", "type": "module" }\n')
    for (const { from, to, text, toText = 'export const planted = true\n' } of plants) {
      if (to !== undefined) write(to, toText)
      const relative = to === undefined ? '' : path.posix.relative(path.posix.dirname(from), to)
      write(from, text ?? `import '${relative.startsWith('.') ? relative : `./${relative}`}'\n`)
    }
    const { summary } = await cruise(folder, ['.'])
    const found = new Set(summary.violations.map(({ rule, from }) => `${rule.name} ${from}`))
    return plants.filter(({ rule, from }) => !found.has(`${rule} ${from}`))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Every import follows architecture.cjs, every file was looked at, and every kind of violation would be found. */
export async function checkArchitecture() {
  const { summary, modules } = await cruise(root, top)
  const unseen = unseenFiles(modules)
  const unnoticed = await unnoticedPlants()
  const problems = [
    ...summary.violations.filter(({ rule }) => rule.severity === 'error').map(describe),
    ...unseen.map((file) => `not looked at: ${file}`),
    ...unnoticed.map(({ rule, from }) => `a planted violation went unnoticed: ${rule} in ${from}`),
  ]
  const figures = `${modules.length} files, ${summary.totalDependenciesCruised} imports`
  return {
    problems,
    figures: `${figures}, ${plants.length - unnoticed.length} of ${plants.length} planted violations found`,
  }
}
