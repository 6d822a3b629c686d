import { clause, clausesBy, isClauseId, type ClauseId } from '@anqu/policy'
import { describe, expect, it } from 'vitest'
import { notices, plantedFaults } from '../faults/planted-faults.ts'
import { areaOf } from '../runner/control.ts'
import { allControls } from './index.ts'

describe('the controls', () => {
  it('have ids of their own and titles in both languages', () => {
    const ids = allControls.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { id, title } of allControls) {
      expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*$/)
      expect(areaOf(id)).not.toBe('')
      expect(title.zh, id).toMatch(/\p{Script=Han}/u)
      expect(title.en, id).toMatch(/^[\x20-\x7e]+$/)
    }
  })

  it('claim runtime clauses that exist, each once', () => {
    for (const { id, clauses } of allControls) {
      expect(new Set(clauses).size, id).toBe(clauses.length)
      for (const claimed of clauses) {
        expect(isClauseId(claimed), `${id} ${claimed}`).toBe(true)
        expect(clause(claimed).kind, `${id} ${claimed}`).toBe('runtime')
      }
    }
  })

  it('claim no clause twice without a reason', () => {
    const first = new Map<ClauseId, string>()
    const twice: string[] = []
    for (const { id, clauses, shared = {} } of allControls) {
      for (const claimed of clauses) {
        if (first.has(claimed) && shared[claimed] === undefined)
          twice.push(`${claimed}: ${first.get(claimed)} and ${id}`)
        first.set(claimed, first.get(claimed) ?? id)
      }
      for (const claimed of Object.keys(shared)) expect(clauses, id).toContain(claimed)
    }
    expect(twice).toEqual([])
  })

  it('check more than a hundred of the 850 runtime clauses', () => {
    const claimed = new Set(allControls.flatMap(({ clauses }) => clauses))
    expect(claimed.size).toBeGreaterThanOrEqual(100)
    expect(clausesBy({ kind: 'runtime' })).toHaveLength(850)
  })

  it('each have a planted fault that they must notice', () => {
    const unproven = allControls.filter(({ id }) => !plantedFaults.some((fault) => notices(fault, id)))
    expect(unproven.map(({ id }) => id)).toEqual([])
    for (const fault of plantedFaults)
      for (const part of fault.noticedBy)
        expect(
          allControls.some(({ id }) => id === part || (part.endsWith('.') && id.startsWith(part))),
          part,
        ).toBe(true)
  })
})
