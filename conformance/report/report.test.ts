import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { describe, expect, it } from 'vitest'
import { createEvidenceChain, evidenceFor } from '../runner/evidence.ts'
import type { ControlResult, Outcome, Run } from '../runner/run-controls.ts'
import { control } from '../runner/control.ts'
import { htmlReport } from './html-report.ts'
import { buildReport, signReport, verifyReport } from './report.ts'

const clock = { nowMs: () => 1_770_000_000_000 }
const about = { runId: 'run', version: '0.0.0', profile: 'demo', process: [] }

function runOf(outcomes: readonly (readonly [string, Outcome])[]): Run {
  const chain = createEvidenceChain(clock)
  const results = outcomes.map(([id, outcome], index): ControlResult => {
    evidenceFor(chain, id).note('<script>alert(1)</script>', { index })
    return {
      control: control({
        id,
        title: { zh: '检查<b>', en: 'check' },
        clauses: ['C-6.2.2-d', 'A-6.4-1'],
        check: async () => {},
      }),
      area: id.split('.', 1)[0] ?? '',
      outcome,
      reason: outcome === 'failed' ? 'a "reason" & more' : null,
      startedAtMs: 1,
      durationMs: 1,
      evidence: chain.records.slice(-1),
    }
  })
  return { startedAtMs: 1, finishedAtMs: 2, results, chain }
}

describe('the report', () => {
  it('passes a clause only when every control that claims it passed', () => {
    const clauseOf = (run: Run) =>
      buildReport(run, about).clauses.find(({ id }) => id === 'C-6.2.2-d')?.outcome
    expect(
      clauseOf(
        runOf([
          ['a.one', 'passed'],
          ['b.two', 'passed'],
        ]),
      ),
    ).toBe('passed')
    expect(
      clauseOf(
        runOf([
          ['a.one', 'passed'],
          ['b.two', 'failed'],
        ]),
      ),
    ).toBe('failed')
    expect(clauseOf(runOf([['a.one', 'skipped']]))).toBe('skipped')
    expect(clauseOf(runOf([]))).toBe('unchecked')
  })

  it('counts what was not checked as not checked', () => {
    const { totals } = buildReport(
      runOf([
        ['a.one', 'passed'],
        ['b.two', 'skipped'],
      ]),
      about,
    )
    expect(totals.clauses).toEqual({ all: 1165, runtime: 850, checked: 0, passed: 0, failed: 0 })
    expect(totals.controls).toEqual({ passed: 1, failed: 0, skipped: 1 })
    expect(buildReport(runOf([['a.one', 'failed']]), about).totals.clauses).toMatchObject({
      checked: 2,
      failed: 2,
    })
  })

  it('is signed as a whole: any change shows', () => {
    const report = signReport(buildReport(runOf([['a.one', 'failed']]), about), Sm2PrivateKey.generate())
    expect(verifyReport(report)).toBe(true)
    expect(verifyReport({ ...report, version: '9.9.9' })).toBe(false)
    const [first] = report.controls
    if (first === undefined) throw new Error('one was made')
    expect(verifyReport({ ...report, controls: [{ ...first, outcome: 'passed' }] })).toBe(false)
  })

  it('is a page without scripts whose style is allowed by its digest and whose values are text', () => {
    const page = htmlReport(
      signReport(buildReport(runOf([['a.one', 'failed']]), about), Sm2PrivateKey.generate()),
    )
    expect(page).not.toMatch(/<script|javascript:|style="/)
    expect(page).toContain("default-src 'none'; style-src 'sha256-")
    expect(page).toContain('检查&lt;b&gt;')
    expect(page).toContain('a &quot;reason&quot; &amp; more')
  })
})
