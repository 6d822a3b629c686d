import { readFileSync } from 'node:fs'
import path from 'node:path'
import { listFiles, root } from '../workspace.mjs'

const limits = { longest: 400, median: 100, ninetieth: 300 }

// What a program has written nobody reads from top to bottom: tables of clauses, unrolled kernels. The linter's overrides in
// .oxlintrc.json name the same folders.
const generated =
  /\/vectors\/|\/generated\/|^packages\/policy\/src\/clauses\/(?:standard-[a-d]|clause-ids)\.ts$/

const folders = ['packages', 'apps', 'simulators', 'conformance', 'tests', 'bench', 'scripts']
const source = /\.(?:tsx?|mjs|cjs|sql|css)$/

const linesOf = (file) => readFileSync(path.join(root, file), 'utf8').split('\n').length - 1

/** Source files are short enough to be read in one go: at most 400 lines each, and most of them much shorter. */
export async function checkFileLengths() {
  const files = folders
    .flatMap(listFiles)
    .filter((file) => source.test(file) && !generated.test(file))
    .map((file) => ({ file, lines: linesOf(file) }))
    .toSorted((a, b) => a.lines - b.lines)
  const at = (share) => files[Math.floor((files.length - 1) * share)]?.lines ?? 0
  const [median, ninetieth] = [at(0.5), at(0.9)]
  const problems = files
    .filter(({ lines }) => lines > limits.longest)
    .map(({ file, lines }) => `${file} has ${lines} lines; ${limits.longest} at most`)
  if (median > limits.median) problems.push(`the median is ${median} lines; ${limits.median} at most`)
  if (ninetieth > limits.ninetieth)
    problems.push(`the 90th percentile is ${ninetieth} lines; ${limits.ninetieth} at most`)
  const longest = files.at(-1)
  return {
    problems,
    figures: `${files.length} files, median ${median}, 90th percentile ${ninetieth}, longest ${longest?.lines} (${longest?.file})`,
  }
}
