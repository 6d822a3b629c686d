// Proves the bounds that docs/explanation/sm2-engine.md argues: runs the formulas of assembly/ on intervals, for the limbs
// of both engines. It fails when a column could overflow, or when numbers could grow from step to step, for any input.
import asc from 'assemblyscript/asc'
import { readAssembly } from './assembly-sources.mjs'
import { jsTarget, wasmTarget } from './field-kernel.mjs'
import { IntervalField, p } from './interval-field.mjs'

const FE = 80

/** assembly/field.ts with every function left to the host. */
function openField() {
  const functions = [
    'multiply multiplyN square squareTimes linear add subtract copyElement maskedCopy negateIf',
    'loadBytes storeBytes storeEntry loadEntry lookup setByte wipeBytes wipeElements writeConstants',
  ].flatMap((names) => names.split(' '))
  const parameters = Array.from({ length: 5 }, (_, i) => `p${i}: i32 = 0`).join(', ')
  return [
    `export const FE: i32 = ${FE}`,
    ...['ENTRY: i32 = 80', 'ELEMENTS: i32 = 1024', 'BYTES: i32 = 16384', 'TABLES: i32 = 132096'].map(
      (constant) => `export const ${constant}`,
    ),
    ...functions.map((name) => `export declare function ${name}(${parameters}): void`),
    `export declare function getByte(at: i32): i32`,
  ].join('\n')
}

/** The point and scalar arithmetic, all of it exported, without a field. */
async function compiled() {
  const index = ['point', 'multiply', 'scalar', 'sm2', 'slots'].map((name) => `export * from './${name}'`)
  let binary
  const { error, stderr } = await asc.main(
    ['index.ts', '--outFile', 'module.wasm', '-O1', '--runtime', 'stub', '--noAssert'],
    {
      readFile: async (name) => {
        if (name === 'index.ts') return index.join('\n')
        if (name === 'field.ts') return openField()
        return (await readAssembly(name))?.replaceAll(/^function /gm, 'export function ') ?? null
      },
      writeFile: (name, contents) => {
        if (name === 'module.wasm') binary = contents
      },
      listFiles: () => [],
    },
  )
  if (error) throw new Error(stderr.toString())
  return WebAssembly.compile(binary)
}

/** The same over a field of intervals. */
async function formulas(module, field) {
  const instance = await WebAssembly.instantiate(module, { field: field.primitives(FE) })
  const slots = {}
  const functions = {}
  for (const [name, exported] of Object.entries(instance.exports)) {
    if (exported instanceof WebAssembly.Global) slots[name] = exported.value
    else functions[name] = exported
  }
  return { ...functions, ...slots }
}

/** The smallest points that hold `start` and that no step leads out of. */
function closed(field, start, steps) {
  let points = start
  for (let round = 0; round < 200; round++) {
    const reached = steps.map((step) => step(points))
    const next = points.map((element, i) =>
      reached.reduce((held, point) => field.union(held, point[i]), element),
    )
    if (next.every(({ value }, i) => value.every((bound, j) => bound === points[i].value[j]))) return points
    points = next
  }
  throw new Error('numbers grow from step to step without bound')
}

/** Runs what no branch divides: one run stands for all numbers. Leaves the coordinates that tables may hold. */
function straight(m) {
  m.prepare()
  m.isOnCurve()
  m.decompress(1)
  m.buildTable(1)
  m.multiplyBase()
  m.multiplyAny()
  m.combine()
  m.homogeneousToBytes(m.B4, m.B5, m.ACC)
  m.signingInverse()
  m.multiplyAdd()
  m.sign()
}

/** A verification doubles and adds in an order that its numbers decide: proves every order. */
function verification(field, m) {
  const read = (at) => [0, 1, 2].map((i) => field.get(at + i * FE))
  const write = (at, point) => point.forEach((element, i) => field.put(at + i * FE, element))
  const mirrored = ([x, y, z]) => [x, field.negated(y), z]
  const either = (left, right) => left.map((element, i) => field.union(element, right[i]))
  const after = (run) => (point) => {
    write(m.ACC, point)
    write(m.INPUT_POINT, point)
    run()
    return read(m.ACC)
  }

  m.loadPoint(m.INPUT_POINT, m.B2)
  const given = read(m.INPUT_POINT)
  const entry = [field.entry, field.entry, given[2]]
  const signed = either(entry, mirrored(entry))
  const start = either(given, signed)
  const jacobian = closed(field, start, [
    mirrored,
    after(() => m.doublePoint(m.ACC, m.ACC)),
    after(() => m.addPoint(m.ACC, m.ACC, m.INPUT_POINT)),
    after(() => {
      write(m.ENTRY_POINT, signed)
      m.addAffine(m.ACC, m.ACC, m.ENTRY_POINT, m.ENTRY_POINT + FE)
    }),
  ])
  after(() => m.finishVerification())(jacobian)
  after(() => {
    field.primitives(FE).square(m.T2, m.ACC + 2 * FE)
    m.matches(m.T2)
  })(jacobian)
  const homogeneous = closed(field, start, [after(() => m.addComplete(m.ACC, m.ACC, m.INPUT_POINT))])
  after(() => m.matches(m.ACC + 2 * FE))(homogeneous)
  return { jacobian, homogeneous }
}

const exponent = (number) => Math.log2(Number(number)).toFixed(3)

const module = await compiled()
for (const [name, target, limit] of [
  ['WebAssembly', wasmTarget, 2n ** 63n],
  ['JavaScript', jsTarget, 2n ** 53n],
]) {
  const field = new IntervalField(target, limit)
  const m = await formulas(module, field)
  straight(m)
  const { jacobian, homogeneous } = verification(field, m)
  const range = ({ value }) => value.map((bound) => (Number((bound * 100n) / p) / 100).toFixed(2)).join(' … ')
  console.log(
    `${name}: no column reaches 2^${exponent(field.largestColumn + 1n)} (limit 2^${exponent(limit)}); in units of p,`,
    `X, Y, Z in ${jacobian.map(range).join(', ')} (Jacobian), ${homogeneous.map(range).join(', ')} (homogeneous)`,
  )
}
