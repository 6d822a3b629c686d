import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

type Figures = { readonly whole: number; readonly confirmations: number }

const turns = 3
const program = fileURLToPath(new URL('./platform/measure-once.js', import.meta.url))
const hook = new URL('./platform/use-peer.js', import.meta.url).href
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Runs the system and its customers in new processes; `NODE_OPTIONS` reaches the servers that they start. */
function measureOnce(options: string): Promise<Figures> {
  const env = { ...process.env, NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} ${options}`.trim() }
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code !== 0) reject(new Error(`a measurement ended with code ${code}`))
      // Written by measure-once.ts.
      else resolve(JSON.parse(text.trim().split('\n').at(-1) ?? '') as Figures)
    })
  })
}

/** The whole platform before gm-crypto, on the arithmetic of the npm peers, and after; in turns, in one run. */
export async function platformBench(): Promise<void> {
  const results: Record<'before' | 'after', Figures[]> = { before: [], after: [] }
  for (let turn = 0; turn < turns; turn += 1) {
    results.before.push(await measureOnce(`--import=${hook}`))
    results.after.push(await measureOnce(''))
  }
  console.log(`\nThe platform on the arithmetic of the npm peers and on gm-crypto, medians of ${turns} turns`)
  for (const part of ['whole', 'confirmations'] as const) {
    const [before, after] = [results.before, results.after].map((list) =>
      median(list.map((figures) => figures[part])),
    )
    const name = part === 'whole' ? 'whole payments' : 'confirmations'
    console.log(
      `  ${name.padEnd(16)} before ${before?.toFixed(1).padStart(7)} a second   after ${after?.toFixed(1).padStart(7)} a second   ${((after ?? 0) / (before ?? 1)).toFixed(2)} ×`,
    )
  }
}
