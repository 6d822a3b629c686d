import { canonicalBytes, type Canonical } from '@anqu/contract'
import { bytesToBase64, base64ToBytes } from '@anqu/encoding'
import { sm2Sign, sm2Verify, sm3, Sm2PublicKey, type Sm2PrivateKey } from '@anqu/gm-crypto'
import { allClauses, clausesBy, standards, type Clause, type Standard } from '@anqu/policy'
import type { ProcessVerdict } from '../process/process-evidence.ts'
import type { ControlResult, Outcome, Run } from '../runner/run-controls.ts'

/** The shape the console and every other reader get (conformance/README.md). */
export type ConformanceReport = {
  readonly format: 'anqu.conformance-report.v1'
  readonly runId: string
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly version: string
  readonly profile: string
  readonly totals: {
    readonly clauses: { all: number; runtime: number; checked: number; passed: number; failed: number }
    readonly controls: { passed: number; failed: number; skipped: number }
  }
  readonly standards: readonly (Count & { standard: Standard; title: string; en: string; all: number })[]
  readonly areas: readonly (Count & { area: string })[]
  readonly controls: readonly ControlReport[]
  readonly clauses: readonly ClauseReport[]
  readonly process: readonly ProcessVerdict[]
  readonly chain: { algorithm: 'SM3'; records: number; head: string }
}

export type SignedReport = ConformanceReport & {
  readonly signature: { algorithm: 'SM2-with-SM3'; publicKey: string; value: string }
}

type Count = { readonly runtime: number; readonly checked: number; readonly passed: number }

export type ControlReport = {
  readonly id: string
  readonly area: string
  readonly title: { readonly zh: string; readonly en: string }
  readonly clauses: readonly string[]
  readonly outcome: Outcome
  readonly reason: string | null
  readonly startedAtMs: number
  readonly durationMs: number
  readonly evidence: readonly {
    sequence: number
    atMs: number
    kind: string
    what: string
    data: string
    hash: string
  }[]
}

export type ClauseReport = {
  readonly id: string
  readonly standard: Standard
  readonly section: string
  readonly level: string
  readonly area: string
  readonly zh: string
  readonly en: string
  readonly controls: readonly string[]
  readonly outcome: Outcome | 'unchecked'
}

const runtimeClauses = clausesBy({ kind: 'runtime' })

/** A clause passes when every control that claims it passed; one failure fails it. */
function outcomeOf(results: readonly ControlResult[]): ClauseReport['outcome'] {
  if (results.length === 0) return 'unchecked'
  if (results.some(({ outcome }) => outcome === 'failed')) return 'failed'
  return results.some(({ outcome }) => outcome === 'skipped') ? 'skipped' : 'passed'
}

function clauseReport(clause: Clause, results: readonly ControlResult[]): ClauseReport {
  const claiming = results.filter(({ control }) => control.clauses.includes(clause.id))
  const { id, standard, section, level, area, zh, requirement: en } = clause
  return {
    id,
    standard,
    section,
    level,
    area,
    zh,
    en,
    controls: claiming.map(({ control }) => control.id),
    outcome: outcomeOf(claiming),
  }
}

const isChecked = ({ outcome }: ClauseReport): boolean => outcome === 'passed' || outcome === 'failed'

const count = (clauses: readonly ClauseReport[]): Count => ({
  runtime: clauses.length,
  checked: clauses.filter(isChecked).length,
  passed: clauses.filter(({ outcome }) => outcome === 'passed').length,
})

const controlReport = (result: ControlResult): ControlReport => ({
  id: result.control.id,
  area: result.area,
  title: result.control.title,
  clauses: result.control.clauses,
  outcome: result.outcome,
  reason: result.reason,
  startedAtMs: result.startedAtMs,
  durationMs: result.durationMs,
  evidence: result.evidence.map(({ control: _, ...record }) => record),
})

export function buildReport(
  run: Run,
  about: { runId: string; version: string; profile: string; process: readonly ProcessVerdict[] },
): ConformanceReport {
  const { startedAtMs, finishedAtMs, results, chain } = run
  const clauses = runtimeClauses.map((clause) => clauseReport(clause, results))
  const controlsWith = (outcome: Outcome): number =>
    results.filter((result) => result.outcome === outcome).length
  const { checked, passed } = count(clauses)
  const keys = Object.keys(standards) as Standard[] // the keys of a record of standards
  return {
    format: 'anqu.conformance-report.v1',
    runId: about.runId,
    startedAtMs,
    finishedAtMs,
    version: about.version,
    profile: about.profile,
    totals: {
      clauses: { all: allClauses.length, runtime: clauses.length, checked, passed, failed: checked - passed },
      controls: {
        passed: controlsWith('passed'),
        failed: controlsWith('failed'),
        skipped: controlsWith('skipped'),
      },
    },
    standards: keys.map((standard) => ({
      standard,
      ...standards[standard],
      all: clausesBy({ standard }).length,
      ...count(clauses.filter((clause) => clause.standard === standard)),
    })),
    areas: [...new Set(clauses.map(({ area }) => area))].toSorted().map((area) => ({
      area,
      ...count(clauses.filter((clause) => clause.area === area)),
    })),
    controls: results.map(controlReport),
    clauses,
    process: about.process,
    chain: { algorithm: 'SM3', records: chain.records.length, head: chain.head() },
  }
}

// A report is made of strings, safe integers, nulls, arrays and plain objects only.
const reportDigest = (report: ConformanceReport): Uint8Array =>
  sm3(canonicalBytes(report as unknown as Canonical))

export function signReport(report: ConformanceReport, key: Sm2PrivateKey): SignedReport {
  const value = bytesToBase64(sm2Sign(key, reportDigest(report)))
  const publicKey = bytesToBase64(key.publicKey.bytes)
  return { ...report, signature: { algorithm: 'SM2-with-SM3', publicKey, value } }
}

export function verifyReport({ signature, ...report }: SignedReport): boolean {
  const publicKey = Sm2PublicKey.fromBytes(base64ToBytes(signature.publicKey))
  return sm2Verify(publicKey, reportDigest(report), base64ToBytes(signature.value))
}
