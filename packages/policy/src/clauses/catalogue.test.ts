import { describe, expect, it } from 'vitest'
import { allClauses, clause, clauseIds, clausesBy, isClauseId } from '../index.ts'

const counts = (filter: Parameters<typeof clausesBy>[0]): number[] =>
  (['A', 'B', 'C', 'D'] as const).map((standard) => clausesBy({ ...filter, standard }).length)

describe('the catalogue of clauses', () => {
  it('holds every clause of the four standards', () => {
    expect(counts({})).toEqual([365, 373, 224, 203])
    expect(allClauses).toHaveLength(1165)
    expect(clauseIds).toHaveLength(1165)
  })

  it('knows which clauses a running system can prove', () => {
    expect(counts({ kind: 'runtime' })).toEqual([234, 322, 149, 145])
  })

  it('gives every id to one clause, and lists the ids in the order of the clauses', () => {
    expect(allClauses.map(({ id }) => id)).toEqual([...clauseIds])
    expect(new Set(clauseIds).size).toBe(clauseIds.length)
    for (const { id, standard } of allClauses) expect(id.startsWith(`${standard}-`)).toBe(true)
  })

  it('finds a clause by its id and nothing for an id that is none', () => {
    expect(clause('C-6.2.2-e-s2').requirement).toMatch(/HTTP header/)
    expect(isClauseId('C-6.2.2-e-s9')).toBe(false)
    // @ts-expect-error an id that does not exist is refused by the compiler
    expect(() => clause('Z-1')).toThrow(RangeError)
  })

  it('filters by area across the standards', () => {
    const captcha = clausesBy({ area: 'captcha', kind: 'runtime' })
    expect(new Set(captcha.map(({ standard }) => standard))).toEqual(new Set(['A', 'B', 'C', 'D']))
  })
})
