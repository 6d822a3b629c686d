// Looks into the generated WebAssembly module for what could make its time depend on a secret: divisions, branches
// and selects. It cannot know which values are secret; it therefore allows each function a secret reaches the conditional
// jumps counted and explained below, and fails on anything else, so that a change of compiler or source shows.
import asc from 'assemblyscript/asc'
import { readAssembly } from './assembly-sources.mjs'
import { constants, kernel, wasmTarget } from './field-kernel.mjs'
import { sm3Kernel } from './sm3-kernel.mjs'
import { sm4Kernel } from './sm4-tables.mjs'

const notAllowed = /\b(i32|i64|f32|f64)\.(div|rem)_?[su]?\b|\bbr_table\b|\bcall_indirect\b/

/**
 * Functions that secrets reach, and how many conditional jumps (`br_if`, `if`) each may have: all of them count loops of
 * fixed length or test public numbers. The reason is given for each.
 */
const secretFunctions = {
  'kernel/multiply': [0, 'straight-line'],
  'kernel/square': [0, 'straight-line'],
  'kernel/multiplyN': [0, 'straight-line'],
  'kernel/linear': [0, 'straight-line'],
  'kernel/squareTimes': [1, 'loop over a constant count'],
  'field/lookup': [1, 'loop over all 32 entries'],
  'field/maskedCopy': [1, 'loop over the limbs'],
  'field/negateIf': [0, 'straight-line'],
  'scalar/makeOdd': [2, 'loops over the 32 bytes'],
  'scalar/multiplyScalars': [4, 'loops over the 32 bytes; is the next limb due'],
  'scalar/addN': [3, 'loops over the 32 bytes'],
  'scalar/subtractN': [2, 'loops over the 32 bytes'],
  'scalar/reduceOnce': [2, 'loops over the 32 bytes'],
  'point/elementToBytes': [2, 'loop over the 32 bytes; is the next limb due'],
  'point/elementFromBytes': [2, 'loop over the 32 bytes; is the next limb due'],
  'sm2/sign': [3, 'loops over the bytes of r, r + k and s, to see whether one is zero'],
  'symmetric/encryptEight': [1, 'loop over the 32 round keys'],
  'symmetric/encryptOne': [1, 'loop over the 32 round keys'],
  'symmetric/sm4Schedule': [1, 'loop over the 32 round keys'],
  'symmetric/ghash': [1, 'loop over the blocks'],
  'sm3-kernel/compress': [1, 'loop over the blocks'],
  'point/doublePoint': [0, 'straight-line'],
  'point/addAffine': [0, 'straight-line'],
  'point/addPoint': [0, 'straight-line'],
  'point/addComplete': [0, 'straight-line'],
  'multiply/combBase': [5, 'loop over the 43 windows; the last of them; a window’s place among the bytes'],
  'multiply/multiplyPoint': [
    10,
    'loops over windows, doublings, multiples, coordinates; the last window; a window’s place',
  ],
}

async function textFormat() {
  const files = new Map([
    ['kernel.ts', `${kernel(wasmTarget, 'i32')}\n${constants(wasmTarget, 'i32')}`],
    ['sm3-kernel.ts', sm3Kernel()],
    ['sm4-kernel.ts', sm4Kernel()],
  ])
  let text = ''
  const options = [
    'index.ts',
    '--textFile',
    'module.wat',
    '--outFile',
    'module.wasm',
    '-O3',
    '--noAssert',
    '--debug',
  ]
  const { error } = await asc.main(
    [...options, '--runtime', 'stub', '--enable', 'simd', '--converge', '--initialMemory', '4'],
    {
      readFile: async (name) => files.get(name) ?? readAssembly(name),
      writeFile: (name, contents) => {
        if (name === 'module.wat') text = contents
      },
      listFiles: () => [],
    },
  )
  if (error) throw error
  return text
}

function functions(text) {
  const out = new Map()
  for (const part of text.split(/\n (?=\(func )/).slice(1)) {
    const name = /^\(func \$([^\s()]+)/.exec(part)?.[1]
    if (name) out.set(name.replace(/^assembly\//, ''), part)
  }
  return out
}

const problems = []
const found = functions(await textFormat())
for (const [name, body] of found) {
  const bad = notAllowed.exec(body)
  if (bad) problems.push(`${name} uses ${bad[0]}`)
}
for (const [name, [allowed, why]] of Object.entries(secretFunctions)) {
  const body = found.get(name)
  if (body === undefined) {
    console.log(`${name.padEnd(26)} inlined into its callers`)
    continue
  }
  const jumps = (body.match(/\bbr_if\b|\(if\b|\bif\b(?= *(\(result|$))/gm) ?? []).length
  const selects = (body.match(/\bselect\b/g) ?? []).length
  console.log(`${name.padEnd(26)} ${String(jumps).padStart(2)} jumps, ${selects} selects (${why})`)
  if (jumps > allowed) problems.push(`${name} has ${jumps} conditional jumps, ${allowed} are accounted for`)
}
console.log(`${found.size} functions, ${problems.length} findings`)
for (const problem of problems) console.error(`FOUND: ${problem}`)
process.exit(problems.length === 0 ? 0 : 1)
