import { expect, test } from 'vitest'
import { receiptLines } from './read-receipt.ts'

test('policy number, bank reference, payer and period are read out of a premium receipt', () => {
  const receipt = {
    purpose: 'anqu.receipt.v1',
    policy: { policyId: 'x', policyNumber: 'AQ2026-1' },
    bankReference: { reference: 'B77' },
    payer: '6222 **** 0018',
    startDate: '2026-11-22',
    endDate: '2027-11-21',
  }
  expect(receiptLines(receipt)).toEqual([
    { key: 'policyNumber', value: 'AQ2026-1' },
    { key: 'bankReference', value: 'B77' },
    { key: 'payer', value: '6222 **** 0018' },
    { key: 'period', value: '2026-11-22 ~ 2027-11-21' },
  ])
})

test('what a receipt does not say is not shown', () => {
  expect(receiptLines({ purpose: 'anqu.receipt.v1', policy: '', bankReference: 7 })).toEqual([])
})
