import { existsSync } from 'node:fs'
import path from 'node:path'
import { isClauseId } from '@anqu/policy'
import { expect, test } from 'vitest'
import { commandsIn, localLinks, readPages, root, type Page } from './markdown-files.ts'
import { readManifests } from './workspace-manifests.ts'

const pages = readPages()
const page = (file: string): Page => {
  const found = pages.find((one) => one.file === file)
  if (found === undefined) throw new Error(`there is no ${file}`)
  return found
}
const manifests = readManifests()
const scriptsOf = (workspace: string) =>
  manifests.find(({ name, folder }) => name === workspace || folder === workspace)?.scripts ?? {}
const bins = manifests.flatMap(({ bin }) => Object.keys(bin ?? {}))

/** npm's own commands that pages use. */
const npmCommands = new Set(['ci', 'pack', 'install'])

/** A page inside a workspace speaks of the scripts of that workspace, too. */
const workspaceOf = (file: string): string =>
  manifests.find(({ folder }) => folder !== '.' && file.startsWith(`${folder}/`))?.folder ?? 'anqu'

function wrongWithNpm(words: readonly string[], file: string): string | undefined {
  const script = words[0] === 'run' ? words[1] : words[0]
  if (script === undefined) return 'no script'
  const at = words.indexOf('-w')
  const workspaces = at === -1 ? ['anqu', workspaceOf(file)] : [words[at + 1] ?? '']
  const known = npmCommands.has(script) || workspaces.some((workspace) => script in scriptsOf(workspace))
  return known ? undefined : `no script ${script}`
}

/** Why a command cannot be run, or undefined. */
function wrongWith(command: string, file: string): string | undefined {
  const [program, ...words] = command.split(/\s+/)
  if (program === 'npm') return wrongWithNpm(words, file)
  const [first = ''] = words
  if (program === 'npx') return bins.includes(first) ? undefined : `no program ${first}`
  return existsSync(path.join(root, first)) ? undefined : `no file ${first}`
}

test('every command in a page can be run', () => {
  const commands = pages.flatMap((one) => commandsIn(one).map((command) => ({ file: one.file, command })))
  expect(commands.length).toBeGreaterThan(15)
  const wrong = commands.flatMap(({ file, command }) => {
    const problem = wrongWith(command, file)
    return problem === undefined ? [] : [`${file}: ${command}: ${problem}`]
  })
  expect(wrong).toEqual([])
})

test('a command that does not exist would be noticed', () => {
  const planted = {
    file: 'x.md',
    text: '```sh\nnpm run nonsense # why\nnode nowhere.mjs\n```\n`npm nonsense`',
  }
  expect(commandsIn(planted).map((command) => wrongWith(command, planted.file))).toEqual([
    'no script nonsense',
    'no file nowhere.mjs',
    'no script nonsense',
  ])
})

test('every script of a program behind an npm command exists', () => {
  for (const command of Object.values(scriptsOf('anqu')))
    for (const [, file = ''] of command.matchAll(/(?:^|\s)(scripts\/\S+\.mjs)/g))
      expect(existsSync(path.join(root, file)), file).toBe(true)
})

test('every link inside the project leads somewhere', () => {
  const broken = pages.flatMap((one) =>
    localLinks(one)
      .filter((target) => !existsSync(path.join(root, path.dirname(one.file), target)))
      .map((target) => `${one.file} → ${target}`),
  )
  expect(broken).toEqual([])
})

test('both languages of the README give the same commands and the same links', () => {
  const [english, chinese] = [page('README.md'), page('README.zh-CN.md')]
  expect(commandsIn(chinese)).toEqual(commandsIn(english))
  const shared = (one: Page) =>
    [...new Set(localLinks(one))].filter((target) => !target.startsWith('README')).toSorted()
  expect(shared(chinese)).toEqual(expect.arrayContaining(shared(english)))
})

test('every clause in the glossary and the decisions is in the catalogue', () => {
  const clause = /\b[ABCD]-[0-9A]+(?:\.[0-9]+)+(?:-[A-Za-z0-9.]+)*\b/g
  const cited = pages
    .filter(({ file }) => file.startsWith('docs/') && !/reference\/(?:clauses|policy)\.md$/.test(file))
    .flatMap(({ file, text }) => [...text.matchAll(clause)].map(([id]) => ({ file, id })))
  expect(cited.length).toBeGreaterThan(20)
  expect(cited.filter(({ id }) => !isClauseId(id))).toEqual([])
})
