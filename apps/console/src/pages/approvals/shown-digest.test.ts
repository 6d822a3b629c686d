import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { expect, test } from 'vitest'
import { digestFits, type Proposal } from './shown-digest.ts'

const action: Proposal['action'] = {
  kind: 'revoke',
  serial: 'ab'.repeat(10),
  reason: '客户来电核实',
  crlReason: 'keyCompromise',
}
const digest = bytesToHex(sm3(utf8ToBytes(JSON.stringify(action))))

test('an action that is not the one of its digest is noticed', () => {
  expect(digestFits({ action, digest })).toBe(true)
  expect(digestFits({ action: { ...action, serial: 'cd'.repeat(10) }, digest })).toBe(false)
  expect(digestFits({ action: { ...action, crlReason: 'unspecified' }, digest })).toBe(false)
})
