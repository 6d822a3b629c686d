import { createSign, generateKeyPairSync } from 'node:crypto'
import {
  bytesToBase64,
  derBits,
  derNull,
  derOid,
  derRaw,
  derSequence,
  derUnsigned,
  encodeDer,
  utf8ToBytes,
} from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { encodeName } from '@anqu/pki'
import { uuidv7 } from '@anqu/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import type * as api from './api/index.ts'
import { CaWorld, csrFor, newOwner } from './testing/ca-world.ts'

type Proposal = z.infer<typeof api.proposal>
type Report = z.infer<typeof api.transitionAnswer>
let world: CaWorld
beforeAll(async () => {
  world = await CaWorld.open()
})
afterAll(() => world.close())

const dayMs = 86_400_000
const message = utf8ToBytes('transfer 120.00')
const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 })
const signature = (bytes: Uint8Array): Uint8Array => createSign('SHA256').update(bytes).sign(rsa.privateKey)

function rsaCsr(common: string): string {
  const spki = derRaw(new Uint8Array(rsa.publicKey.export({ format: 'der', type: 'spki' })))
  const name = derRaw(encodeName([{ type: 'CN', value: common }]))
  const info = encodeDer(derSequence(derUnsigned(0), name, spki, derRaw(Uint8Array.of(0xa0, 0x00))))
  const algorithm = derSequence(derOid('1.2.840.113549.1.1.11'), derNull())
  return bytesToBase64(encodeDer(derSequence(derRaw(info), algorithm, derBits(signature(info)))))
}

async function allow(name: string, untilMs: number): Promise<Proposal | { refused: string }> {
  const parameters = {
    validDays: 365,
    nearExpiryDays: 30,
    keyUsage: name === 'customer-encryption' ? ['dataEncipherment'] : ['digitalSignature'],
    transitional: [{ algorithm: 'rsa-3072', untilMs, owner: 'chen' }],
  }
  const action = { kind: 'change-profile', name, parameters }
  const proposed = await world.call<Proposal>('/v1/proposals', {
    action,
    officer: 'chen',
    correlationId: 'c',
  })
  if (!('digest' in proposed)) return proposed
  const { proposalId, digest } = proposed
  const decision = { proposalId, digest, officer: 'wang', decision: 'approve', correlationId: 'c' }
  return world.call('/v1/proposals/decide', decision)
}

test('an RSA key is certified, verified and reported while two officers allow it, and not a day longer', async () => {
  const owner = newOwner()
  const order = { ...(await world.order(Sm2PrivateKey.generate(), owner)), csr: rsaCsr(owner.terminalId) }
  expect(await world.call('/v1/certificates', order)).toEqual({ refused: 'not-issued' })
  const untilMs = world.clock.nowMs() + 90 * dayMs
  expect(await allow('customer-signing', untilMs)).toMatchObject({ state: 'approved' })
  const issued = await world.call<z.infer<typeof api.issueAnswer>>('/v1/certificates', order)
  expect(issued.notAfterMs).toBeLessThanOrEqual(untilMs)
  const claim = {
    ...owner,
    serial: issued.serial,
    message: bytesToBase64(message),
    signatureAlgorithm: '1.2.840.113549.1.1.11',
    digestAlgorithm: '2.16.840.1.101.3.4.2.1',
    signature: bytesToBase64(signature(message)),
    correlationId: uuidv7(),
  }
  const verify = () => world.call<{ status: string }>('/v1/certificates/verify-signature', claim)
  expect((await verify()).status).toBe('good')
  const report = () => world.call<Report>('/v1/transition', {})
  expect(await report()).toMatchObject({
    allowed: [{ profile: 'customer-signing', algorithm: 'rsa-3072', owner: 'chen', open: true }],
    inUse: [{ caller: 'channel', algorithm: 'rsa-3072', certificates: 1, signatures: 1 }],
  })
  const renewal = { idempotencyKey: uuidv7(), serial: issued.serial, correlationId: uuidv7() }
  expect(await world.call('/v1/certificates/renew', { ...renewal, csr: rsaCsr(owner.terminalId) })).toEqual({
    refused: 'not-issued',
  })
  const sm2 = await csrFor(Sm2PrivateKey.generate(), owner.terminalId)
  expect(await world.call('/v1/certificates/renew', { ...renewal, csr: sm2 })).toHaveProperty('serial')
  await allow('customer-signing', world.clock.nowMs() - 1)
  expect((await verify()).status).toBe('algorithm')
  expect((await report()).allowed).toMatchObject([{ open: false }])
})

test('no number of officers allows it for keys that decrypt or for servers', async () => {
  for (const name of ['customer-encryption', 'server-receipt'])
    expect(await allow(name, world.clock.nowMs() + dayMs)).toEqual({ refused: 'outside-limits' })
})
