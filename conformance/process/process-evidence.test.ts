import { bytesToBase64 } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { describe, expect, it } from 'vitest'
import { signProcessEvidence, verifyProcessEvidence } from './process-evidence.ts'

const key = Sm2PrivateKey.generate()
const signers = [bytesToBase64(key.publicKey.bytes)]
const statement = {
  clause: 'D-5.4.4.2',
  title: 'Quarterly look at patches and logs',
  finding: 'All patches installed, every audit chain verified.',
  performedAtMs: 1_000,
  validUntilMs: 5_000,
  performedBy: 'internal-audit/S-0142',
  files: [{ name: 'protocol.pdf', sm3: 'ab'.repeat(32) }],
}
const record = signProcessEvidence(statement, key)
const verdict = (given: unknown, nowMs = 2_000, trusted = signers) =>
  verifyProcessEvidence(given, { signers: trusted, nowMs }).verdict

describe('signed evidence for what people do', () => {
  it('counts between its dates when a trusted person signed it', () => {
    expect(verdict(record)).toBe('valid')
    expect(verdict(record, 500)).toBe('not-yet')
    expect(verdict(record, 5_000)).toBe('expired')
    expect(verdict(record, 2_000, [])).toBe('untrusted')
  })

  it('shows every change after the signature', () => {
    expect(verdict({ ...record, finding: 'Nothing was looked at, all is well.' })).toBe('tampered')
    expect(verdict({ ...record, validUntilMs: 9_000 })).toBe('tampered')
    expect(verdict({ ...record, files: [] })).toBe('tampered')
  })

  it('is refused for a clause that the running system proves, and for one that does not exist', () => {
    expect(() => signProcessEvidence({ ...statement, clause: 'C-6.2.2-d' }, key)).toThrow(RangeError)
    expect(() => verifyProcessEvidence({ ...record, clause: 'Z-1' }, { signers, nowMs: 1 })).toThrow()
    expect(() => verifyProcessEvidence({ ...record, extra: true }, { signers, nowMs: 1 })).toThrow()
    expect(() => signProcessEvidence({ ...statement, validUntilMs: 1_000 }, key)).toThrow(RangeError)
  })
})
