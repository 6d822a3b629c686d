import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { clausesBy } from '@anqu/policy'
import { readEnvironment, uuidv7 } from '@anqu/platform'
import { allControls } from './controls/index.ts'
import type { Control } from './runner/control.ts'
import { readProcessEvidence, signingKey } from './process/records.ts'
import { htmlReport } from './report/html-report.ts'
import { buildReport, signReport, type SignedReport } from './report/report.ts'
import { runControls, type ControlResult } from './runner/run-controls.ts'
import { startLiveSystem } from './system/start.ts'

const version = '0.1.0'
const usage = `npm run conformance                   runs every control and writes the report
npm run conformance -- otp session.   runs those whose id begins so
`
const marks = { passed: '✓', failed: '✗', skipped: '–' } as const

function show({ control, outcome, reason, durationMs, evidence }: ControlResult): void {
  const line = `${marks[outcome]} ${control.id}  ${control.title.zh}  (${control.clauses.length} 条, ${durationMs} ms)`
  const met = outcome === 'failed' ? (evidence.at(-1)?.data ?? '') : ''
  process.stdout.write(`${line}${reason === null ? '' : `\n    ${reason} ${met}`}\n`)
}

/** Writes JSON and page to a folder; the newest run is always `latest`. */
function write(folder: string, names: readonly string[], report: SignedReport): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of names) {
    writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(report)}\n`)
    writeFileSync(path.join(folder, `${name}.html`), htmlReport(report))
  }
}

const namedBy =
  (part: string) =>
  ({ id }: Control): boolean =>
    id.startsWith(part)

async function main(): Promise<number> {
  const only = process.argv.slice(2)
  const unknown = only.filter((part) => !allControls.some(namedBy(part)))
  if (unknown.length > 0) {
    process.stderr.write(`no control begins with ${unknown.join(' or ')}\n\n${usage}`)
    return 2
  }
  const controls = allControls.filter(
    (control) => only.length === 0 || only.some((part) => namedBy(part)(control)),
  )
  const dataDir = path.resolve(readEnvironment()['ANQU_DATA_DIR'] ?? 'data')
  const folder = mkdtempSync(path.join(tmpdir(), 'anqu-conformance-'))
  process.stdout.write(`Starting the system for ${controls.length} controls …\n`)
  const { system, stop } = await startLiveSystem(folder)
  let run
  try {
    run = await runControls(controls, system, show)
  } finally {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const handedTo = path.join(dataDir, 'channel', 'conformance')
  const key = signingKey(handedTo)
  const runId = uuidv7(run.startedAtMs)
  const processEvidence = readProcessEvidence(path.join(handedTo, 'process'), system.clock.nowMs())
  const report = signReport(
    buildReport(run, { runId, version, profile: 'demo', process: processEvidence }),
    key,
  )
  // A part of the controls is no report: it would show every other clause as unchecked.
  if (only.length === 0) {
    write(handedTo, ['latest'], report)
    write('reports/conformance', ['latest', runId], report)
  }
  const { clauses, controls: counts } = report.totals
  const runtime = clausesBy({ kind: 'runtime' }).length
  if (only.length === 0) process.stdout.write('\nreports/conformance/latest.html\n')
  process.stdout.write(`${clauses.checked} of ${runtime} runtime clauses checked, ${clauses.passed} pass\n`)
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  return counts.failed > 0 ? 1 : 0
}

process.exitCode = await main()
