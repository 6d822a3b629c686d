// Runs the WebAssembly engine in a debug build in which every column of every field product is also computed in floating
// point and trapped when it comes near 2⁶³: the limb bounds argued in docs/explanation/sm2-engine.md, asserted.
import { randomBytes } from 'node:crypto'
import asc from 'assemblyscript/asc'
import { readAssembly } from './assembly-sources.mjs'
import { constants, kernel, wasmTarget } from './field-kernel.mjs'
import { sm3Kernel } from './sm3-kernel.mjs'
import { sm4Kernel } from './sm4-tables.mjs'

const limit = 0.98 * 2 ** 63

// `t = a0 * b1 + (m0 << 6) + c` is followed by the same sum in doubles, whose size is noted and checked.
function checked(source) {
  return source.replaceAll(/^( *)(?:let )?t = (.*)$/gm, (line, indent, sum) => {
    const inDoubles = sum
      .replaceAll(/<< (\d+)/g, (_, by) => `* ${2 ** Number(by)}.0`)
      .replaceAll(/load<i64>\([^)]*\)/g, '(<f64>$&)')
      .replaceAll(/\b([abdmu]\d+|ca|cb|c)\b(?![^<]*>\()/g, '(<f64>$1)')
    return `${line}\n${indent}note(${inDoubles})`
  })
}

const noting = `
let largest: f64 = 0
export function largestColumn(): f64 { return largest }
function note(size: f64): void {
  largest = max(largest, abs(size))
  if (abs(size) > ${limit}) unreachable()
}
`

async function debugModule() {
  const source = `${noting}${checked(kernel(wasmTarget, 'i32'))}\n${constants(wasmTarget, 'i32')}`
  const index = `${await readAssembly('index.ts')}\nexport { largestColumn } from './kernel'\n`
  const files = new Map([
    ['index.ts', index],
    ['kernel.ts', source],
    ['sm3-kernel.ts', sm3Kernel()],
    ['sm4-kernel.ts', sm4Kernel()],
  ])
  let binary
  const options = [
    'index.ts',
    '--outFile',
    'module.wasm',
    '-O1',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--initialMemory',
    '8',
  ]
  const { error, stderr } = await asc.main(options, {
    readFile: async (name) => files.get(name) ?? readAssembly(name),
    writeFile: (name, contents) => {
      if (name === 'module.wasm') binary = contents
    },
    listFiles: () => [],
  })
  if (error) throw new Error(stderr.toString())
  const { instance } = await WebAssembly.instantiate(binary, { env: { abort: () => {} } })
  return instance.exports
}

const module = await debugModule()
const bytes = () => new Uint8Array(module.memory.buffer, 16384, 2048)
const below = (value) => value.fill(0xff, 0, 3)
module.prepare()
const edges = ['00', '01', '7f', '80', 'fe'].map((byte) => Buffer.from(byte.repeat(32), 'hex'))
let count = 0
for (let i = 0; i < 400; i++) {
  const pick = () => (i % 3 === 0 ? Buffer.from(edges[((i / 3) % edges.length) | 0]) : randomBytes(32))
  const scalar = pick()
  scalar[0] &= 0x7f
  scalar[31] |= 2
  // A scalar's own point, then everything that can be done with both.
  bytes().set(scalar, 0)
  module.multiplyBase()
  const point = bytes().slice(128, 192)
  bytes().set(point, 64)
  module.isOnCurve()
  module.decompress(1)
  bytes().set(scalar, 0)
  bytes().set(point, 64)
  bytes().set(point, 192)
  module.combine()
  module.signingInverse()
  const inverse = bytes().slice(32, 64)
  const digest = i % 2 === 0 ? below(randomBytes(32)) : pick()
  bytes().set(digest, 0)
  bytes().set(scalar, 32)
  bytes().set(inverse, 64)
  bytes().set(randomBytes(32), 192)
  module.signHedged()
  const signature = bytes().slice(128, 192)
  bytes().set(digest, 0)
  bytes().set(signature, 32)
  bytes().set(point, 96)
  if (module.verify() !== 1) throw new Error(`the debug build does not verify its own signature, round ${i}`)
  count += 7
}
const largest = module.largestColumn()
console.log(
  `${count} operations; the largest column was ${largest.toExponential(3)}, 2^63 is ${(2 ** 63).toExponential(3)}`,
)
