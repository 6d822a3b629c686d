import { describe, expect, it } from 'vitest'
import { clause, clausesOf, isClauseId, policy, policyEntries } from './index.ts'

describe('the resolved policy', () => {
  it('cites only clauses that exist, and at least one for every value', () => {
    for (const { path, clauses } of policyEntries) {
      expect(clauses.length, path).toBeGreaterThan(0)
      for (const id of clauses) expect(isClauseId(id) && clause(id).id, path).toBe(id)
    }
  })

  it('cites no clause twice for one value', () => {
    for (const { path, clauses } of policyEntries) expect(new Set(clauses).size, path).toBe(clauses.length)
  })

  it('gives every value a reason in both languages', () => {
    for (const { path, zh, en } of policyEntries) {
      expect(zh, path).toMatch(/\p{Script=Han}/u)
      expect(en, path).toMatch(/[a-z]/)
    }
  })

  it('offers the same value plainly and with its clauses', () => {
    for (const { path, value } of policyEntries) {
      const [group, name] = path.split('.') as [keyof typeof policy, never] // a path always has two parts
      expect(policy[group][name], path).toBe(value)
    }
    expect(clausesOf('otp.digits').clauses).toContain('A-6.4-3')
  })

  it('cannot be changed at run time, nested values included', () => {
    expect(() => Object.assign(policy.otp, { digits: 4 })).toThrow(TypeError)
    expect(() => Object.assign(policy.limits.premium, { ceilingPerDayFen: 1n })).toThrow(TypeError)
    expect(policy.otp.digits).toBe(6)
  })
})

describe('what the standards fix or give as an example', () => {
  it('stays within the numbers of the standards', () => {
    expect(policy.login.minFactors).toBeGreaterThanOrEqual(2)
    expect(policy.login.gestureMinPoints).toBeGreaterThanOrEqual(4)
    expect(policy.lockout.consecutiveCap).toBeLessThanOrEqual(3)
    expect(policy.lockout.dayCap).toBeLessThanOrEqual(6)
    expect(policy.session.absoluteMs).toBeLessThanOrEqual(policy.session.absoluteCeilingMs)
    expect(policy.session.absoluteCeilingMs).toBeLessThanOrEqual(72 * 3_600_000)
    expect(policy.captcha.minSpace).toBeGreaterThanOrEqual(10_000)
    expect(policy.captcha.validMs).toBeLessThanOrEqual(180_000)
    expect(policy.captcha.maxAnswers).toBe(1)
    expect(policy.otp.maxUses).toBe(1)
    expect(policy.password.minLength).toBeGreaterThanOrEqual(8)
    expect(policy.phoneChange).toMatchObject({ maxOnline: 1, onlineWithinMs: 72 * 3_600_000 })
    expect(policy.audit.keptMs).toBeGreaterThanOrEqual(90 * 86_400_000)
    expect(policy.audit.recordFields).toHaveLength(7)
    expect(policy.audit.paymentFields).toHaveLength(9)
    expect(policy.operations.maxVersionsBehind).toBe(1)
  })

  it('is consistent in itself', () => {
    expect(policy.session.backgroundMs).toBeLessThan(policy.session.fundIdleMs)
    expect(policy.session.fundIdleMs).toBeLessThan(policy.session.idleMs)
    expect(policy.session.idleMs).toBeLessThan(policy.session.absoluteMs)
    expect(policy.otp.perMinute).toBeLessThan(policy.otp.perHour)
    expect(policy.otp.perHour).toBeLessThan(policy.otp.perDay)
    const { premium } = policy.limits
    expect(premium.defaultPerOperationFen).toBeLessThanOrEqual(premium.ceilingPerOperationFen)
    expect(premium.defaultPerDayFen).toBeLessThanOrEqual(premium.ceilingPerDayFen)
    const { allowed, transitional, forbidden } = policy.algorithms
    const all = [...allowed, ...transitional, ...forbidden]
    expect(new Set(all).size).toBe(all.length)
  })
})
