import { Refused } from '@anqu/client'
import { refusalBody } from '@anqu/contract'
import { describe, expect, it } from 'vitest'
import { ControlFailed, createEvidenceChain, evidenceFor, firstBreak } from './evidence.ts'

const clock = { nowMs: () => 1_770_000_000_000 }
const refusal = new Refused(refusalBody('factor.rejected', 'c'))

function chainOfThree() {
  const chain = createEvidenceChain(clock)
  const evidence = evidenceFor(chain, 'area.one')
  evidence.note('seen', { count: 1 })
  evidence.holds('held', true, { met: 'yes' })
  evidence.note('seen again')
  return chain
}

describe('evidence', () => {
  it('is chained: a record that is changed, left out, moved or added shows', () => {
    const { records } = chainOfThree()
    expect(firstBreak(records)).toBeUndefined()
    const [a, b, c] = records
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were made')
    expect(firstBreak([{ ...a, what: 'seen otherwise' }, b, c])).toBe(1)
    expect(firstBreak([a, { ...b, data: '{"met":"no"}' }, c])).toBe(2)
    expect(firstBreak([a, c])).toBe(2)
    expect(firstBreak([a, c, b])).toBe(2)
    expect(firstBreak([a, b, c, { ...c, sequence: 4 }])).toBe(4)
  })

  it('fails a control when what must hold does not, and keeps what was met', () => {
    const chain = createEvidenceChain(clock)
    const evidence = evidenceFor(chain, 'area.one')
    expect(() => evidence.holds('must hold', false, { met: 3 })).toThrow(ControlFailed)
    expect(chain.records.at(-1)).toMatchObject({ kind: 'failure', data: '{"met":3}' })
    expect(evidence.proofs()).toBe(0)
  })

  it('takes a refusal as proof only when it is one of the codes expected', async () => {
    const evidence = evidenceFor(createEvidenceChain(clock), 'area.one')
    const attempt = async () => {
      throw refusal
    }
    await expect(evidence.refused('wrong code', attempt, ['factor.rejected'])).resolves.toBe(refusal)
    await expect(evidence.refused('wrong code', attempt, ['factor.locked'])).rejects.toThrow(ControlFailed)
    await expect(evidence.refused('accepted', async () => ({}), ['factor.rejected'])).rejects.toThrow(
      ControlFailed,
    )
    const broken = async () => {
      throw new Error('factor.rejected')
    }
    await expect(evidence.refused('broken', broken, ['factor.rejected'])).rejects.toThrow(ControlFailed)
    expect(evidence.proofs()).toBe(1)
  })
})
