import { existsSync } from 'node:fs'
import path from 'node:path'
import { mustRun, nodeTool, step } from '../progress.mjs'
import { listWorkspaces, root, withUses } from '../workspace.mjs'
import { copyAssets } from './assets.mjs'
import { hashInputs, readStamps, writeStamp } from './stale.mjs'

const settings = ['package-lock.json', 'tsconfig.base.json', 'scripts/build/build.mjs']
const bundlerSettings = ['vite.config.ts', 'vite.config.mjs']

const isBundled = ({ folder }) => bundlerSettings.some((file) => existsSync(path.join(root, folder, file)))
const isCompiled = ({ folder }) => existsSync(path.join(root, folder, 'tsconfig.json'))

async function compile(workspaces) {
  const [node, tsc] = nodeTool('typescript-native/bin/tsc')
  const folders = workspaces.map(({ folder }) => folder)
  await step('Compiling TypeScript', () => mustRun(node, [tsc, '-b', ...folders]))
  const copied = copyAssets(workspaces)
  if (copied > 0) process.stdout.write(`  ${copied} other files copied\n`)
}

async function bundle({ folder, name }) {
  const [node] = nodeTool('')
  const vite = path.join(root, 'node_modules/vite/bin/vite.js')
  await step(`Building ${name}`, () =>
    // Tests build too, and their NODE_ENV would put the development edition of React into the bundle.
    mustRun(node, [vite, 'build', '--logLevel', 'warn'], {
      cwd: path.join(root, folder),
      env: { ...process.env, NODE_ENV: 'production' },
    }),
  )
}

/** What is built, from which workspaces, how, and which file must exist afterwards. */
function targets() {
  const workspaces = listWorkspaces()
  const compiled = workspaces.filter((workspace) => isCompiled(workspace) && !isBundled(workspace))
  const bundled = workspaces.filter(isBundled)
  return [
    {
      name: 'servers',
      inputs: compiled.map(({ folder }) => folder),
      result: 'apps/starter/dist/main.js',
      build: () => compile(compiled),
    },
    ...bundled.map((workspace) => ({
      name: workspace.name,
      inputs: withUses([workspace.name], workspaces).map(({ folder }) => folder),
      result: `${workspace.folder}/dist/web/index.html`,
      build: () => bundle(workspace),
    })),
  ]
}

/** Builds what changed since it was last built. A build that is interrupted counts as not made. */
export async function buildIfStale() {
  const stamps = readStamps()
  for (const { name, inputs, result, build } of targets()) {
    const hash = hashInputs([...inputs, ...settings])
    if (stamps[name] === hash && existsSync(path.join(root, result))) continue
    writeStamp(name, undefined)
    await build()
    writeStamp(name, hash)
  }
}
