import { readFileSync } from 'node:fs'
import path from 'node:path'
import { listFiles, root } from '../workspace.mjs'

const source = /\.(?:tsx?)$/
const isTest = (file) => /\.test\.tsx?$|\/testing\/|^tests\//.test(file)
const program = (file) => /^(?:packages|apps|simulators)\//.test(file) && !isTest(file)

/** What no linter rule says: one source of time, of randomness and of settings; no promise without an issue. */
const rules = [
  {
    pattern: /\bMath\.random\(/,
    reason: 'randomness comes from randomBytes of gm-crypto',
    applies: program,
  },
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)/,
    reason: 'time comes from the Clock that is passed in',
    // The entry of a browser app or of the SDK makes the clock there.
    applies: (file) =>
      program(file) && !/^packages\/platform\/src\/clock\.ts$|\/(?:main|entry|clock)\.tsx?$/.test(file),
  },
  {
    pattern: /\bprocess\.env\b/,
    reason: 'settings are read by readEnvironment of the platform',
    applies: (file) => program(file) && !file.startsWith('packages/platform/'),
  },
  {
    pattern: /\b(?:TODO(?!\(#\d+\))|FIXME|XXX)\b/,
    reason: 'what is left to do is an issue: TODO(#n)',
    // The titles of the standards' clauses are not ours to change.
    applies: (file) => !file.startsWith('packages/policy/src/clauses/standard-'),
  },
  {
    pattern: /\b(?:it|test|describe)\.(?:skip|only|todo)\(/,
    reason: 'a test that does not run proves nothing',
    applies: isTest,
  },
]

function problemsOf(file, rulesHere) {
  const text = readFileSync(path.join(root, file), 'utf8')
  const lines = text.split('\n')
  return rulesHere.flatMap(({ pattern, reason }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${reason}`] : [])),
  )
}

/** Words that have one place, or none, in the sources. */
export async function checkForbiddenWords() {
  const folders = ['packages', 'apps', 'simulators', 'conformance', 'tests', 'bench']
  const files = folders.flatMap(listFiles).filter((file) => source.test(file))
  const problems = files.flatMap((file) =>
    problemsOf(
      file,
      rules.filter(({ applies }) => applies(file)),
    ),
  )
  // The rules themselves must be able to find something.
  const planted = ['Math.random()', 'Date.now()', 'process.env.X', '// TODO later', 'it.only(']
  for (const [index, text] of planted.entries())
    if (rules[index]?.pattern.test(text) !== true) problems.push(`rule ${index} does not find ${text}`)
  return { problems, figures: `${files.length} files, ${rules.length} rules` }
}
