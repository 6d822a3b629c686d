import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { AuthorityUnavailable, type CertificationAuthority } from './authority.ts'
import { createDevices } from '../devices/index.ts'
import { csrOf, deviceNeeds, Holder, serialOf } from './holder-world.fixture.ts'
import type { Certificates } from './index.ts'
import { CertificateWorld } from './real-authority.fixture.ts'

const dayMs = 86_400_000
const failed = { code: 'certificate.renewal-failed' }
let world: CertificateWorld
let certificates: Certificates
let holder: Holder

beforeAll(async () => {
  world = await CertificateWorld.open()
  ;({ certificates } = world)
})
afterAll(() => world.close())
beforeEach(async () => {
  world.audit.events.length = 0
  holder = await new Holder(createDevices(deviceNeeds(world)).routes).bind()
})

/** A call of the CA whose answer never arrives; carried out or not. */
function cutting<K extends 'renew' | 'installed'>(call: K, carriedOut: 'done' | 'not-done') {
  const whole: CertificationAuthority[K] = world.authority[call]
  const cut = async (order: never) => {
    if (carriedOut === 'done') await whole(order)
    throw new AuthorityUnavailable('cut')
  }
  Object.assign(world.authority, { [call]: cut })
  return () => Object.assign(world.authority, { [call]: whole })
}
const issuedTo = async ({ accountId }: Holder): Promise<number> => {
  const { certificates: found } = await world.overview.search({ accountId, limit: 10 })
  return found.length
}

async function renewed() {
  const next = Sm2PrivateKey.generate()
  const begun = await holder.begin()
  const { certificate } = await holder.request(begun, next)
  return { next, begun, serial: serialOf(certificate) }
}

test('near its end a certificate says so by the word of the authority, and after the renewal no more', async () => {
  await certificates.verifySignature(holder.signed())
  expect(await certificates.expiryNotice(holder.serial)).toBeNull()
  world.ca.clock.advance(policy.certificate.validMs - policy.certificate.nearExpiryMs)
  await certificates.verifySignature(holder.signed())
  const notice = { certificateSerial: holder.serial, daysLeft: 30 }
  expect(await certificates.expiryNotice(holder.serial)).toMatchObject(notice)
  expect(await holder.listed()).toMatchObject({ state: 'good', nearExpiry: true, daysLeft: 30 })
  const { next, begun, serial } = await renewed()
  await holder.complete(begun.renewalId, serial, next)
  expect(await holder.listed()).toMatchObject({ certificateSerial: serial, nearExpiry: false, daysLeft: 365 })
})

test('the old certificate works until the new one is installed, and then only the new one', async () => {
  const { next, begun, serial } = await renewed()
  await expect(certificates.verifySignature(holder.signed())).resolves.toBeUndefined()
  expect(await holder.listed()).toMatchObject({ certificateSerial: holder.serial, renewing: true })
  await holder.complete(begun.renewalId, serial, next)
  await expect(certificates.verifySignature(holder.signed(serial, next))).resolves.toBeUndefined()
  await expect(certificates.verifySignature(holder.signed())).rejects.toMatchObject({
    code: 'certificate.not-usable',
  })
  expect(await world.stateAtCa(holder.serial)).toBe('good')
  await certificates.sendOrders()
  expect(await world.stateAtCa(holder.serial)).toBe('revoked')
  expect(await world.stateAtCa(serial)).toBe('good')
  expect(await holder.listed()).toMatchObject({ certificateSerial: serial, renewing: false })
  const events = world.audit.events.filter(({ correlationId }) => correlationId === begun.renewalId)
  expect(events.map(({ event }) => event)).toEqual([
    'certificate.renewal-requested',
    'certificate.renewed',
    'certificate.renewal-installed',
  ])
})

test('an authority that is away hears of the installation later', async () => {
  const { next, begun, serial } = await renewed()
  const mend = cutting('installed', 'not-done')
  await holder.complete(begun.renewalId, serial, next)
  await expect(certificates.sendOrders()).rejects.toThrow('unavailable')
  expect(await world.stateAtCa(holder.serial)).toBe('good')
  mend()
  await certificates.sendOrders()
  expect(await world.stateAtCa(holder.serial)).toBe('revoked')
})

test('a renewal that was cut off goes on with what was issued for it', async () => {
  const { next, begun, serial } = await renewed()
  const again = await holder.begin()
  expect(again).toMatchObject({ renewalId: begun.renewalId, certificateSerial: holder.serial })
  expect(serialOf(again.issued?.certificate ?? '')).toBe(serial)
  // The card may have switched over long ago and only the answer be missing: that does not run out.
  world.ca.clock.advance(30 * dayMs)
  await holder.complete((await holder.begin()).renewalId, serial, next)
  expect(await holder.listed()).toMatchObject({ certificateSerial: serial })
})

test('an answer of the authority that was lost is had by going on, and nothing is issued twice', async () => {
  const next = Sm2PrivateKey.generate()
  const begun = await holder.begin()
  const mend = cutting('renew', 'done')
  await expect(holder.request(begun, next)).rejects.toMatchObject({ code: 'server.unavailable' })
  mend()
  const { issued } = await holder.begin()
  await holder.complete(begun.renewalId, serialOf(issued?.certificate ?? ''), next)
  expect(await issuedTo(holder)).toBe(2)
})

test('the same request twice gets the same certificate, another request none', async () => {
  const next = Sm2PrivateKey.generate()
  const begun = await holder.begin()
  const csr = await csrOf(next, begun.subject)
  const first = await holder.request(begun, next, holder.key, csr)
  expect(await holder.request(begun, next, holder.key, csr)).toEqual(first)
  await expect(holder.request(begun, Sm2PrivateKey.generate())).rejects.toMatchObject(failed)
  expect(await issuedTo(holder)).toBe(2)
})

test('without the signature of the key in use nothing is issued', async () => {
  const next = Sm2PrivateKey.generate()
  const begun = await holder.begin()
  await expect(holder.request(begun, next, next)).rejects.toMatchObject(failed)
  await expect(holder.request(begun, next, Sm2PrivateKey.generate())).rejects.toMatchObject(failed)
  const foreign = await csrOf(next, [{ type: 'CN', value: 'somebody else' }])
  await expect(holder.request(begun, next, holder.key, foreign)).rejects.toMatchObject({
    code: 'certificate.refused',
  })
  expect(await issuedTo(holder)).toBe(1)
})

test('a proof by another key, or for a certificate that was not issued, changes nothing', async () => {
  const { begun, next, serial } = await renewed()
  await expect(holder.complete(begun.renewalId, serial, holder.key)).rejects.toMatchObject(failed)
  await expect(holder.complete(begun.renewalId, holder.serial, next)).rejects.toMatchObject(failed)
  expect(await holder.listed()).toMatchObject({ certificateSerial: holder.serial })
  await expect(certificates.verifySignature(holder.signed())).resolves.toBeUndefined()
})

test('completing again, also at once, switches over once and answers the same', async () => {
  const { begun, next, serial } = await renewed()
  const complete = () => holder.complete(begun.renewalId, serial, next)
  const both = await Promise.all([complete(), complete()])
  expect(await complete()).toEqual(both[0])
  expect(both[1]).toEqual(both[0])
  expect(world.audit.events.filter(({ event }) => event === 'certificate.renewal-installed')).toHaveLength(1)
})

test('whoever asks again to renew a certificate that was renewed gets that renewal, and no other', async () => {
  const { begun, next, serial } = await renewed()
  await holder.complete(begun.renewalId, serial, next)
  const again = await holder.begin()
  expect(again.renewalId).toBe(begun.renewalId)
  expect(serialOf(again.issued?.certificate ?? '')).toBe(serial)
  expect(await issuedTo(holder)).toBe(2)
})

test('a renewal whose new key is lost is given up: its certificate goes, the one in use stays', async () => {
  const { begun, serial } = await renewed()
  const other = await holder.begin({ instead: begun.renewalId })
  expect(other.renewalId).not.toBe(begun.renewalId)
  expect(other.issued).toBeNull()
  await certificates.sendRevocations()
  expect(await world.stateAtCa(serial)).toBe('revoked')
  await expect(certificates.verifySignature(holder.signed())).resolves.toBeUndefined()
})

test('a renewal that was only begun runs out and is begun anew', async () => {
  const begun = await holder.begin()
  world.ca.clock.advance(policy.device.bindWithinMs)
  await expect(holder.request(begun, Sm2PrivateKey.generate())).rejects.toMatchObject(failed)
  expect((await holder.begin()).renewalId).not.toBe(begun.renewalId)
})

test('an expired certificate is not renewed: the device is bound anew', async () => {
  world.ca.clock.advance(policy.certificate.validMs)
  await expect(holder.begin()).rejects.toMatchObject({ code: 'certificate.expired' })
  expect(await holder.listed()).toMatchObject({ state: 'expired', nearExpiry: false, daysLeft: 0 })
})

test('of two that begin at once both go on with one renewal', async () => {
  const both = await Promise.all([holder.begin(), holder.begin()])
  expect(both[0]?.renewalId).toBe(both[1]?.renewalId)
})

test('nobody goes on with the renewal of somebody else', async () => {
  const { begun, next, serial } = await renewed()
  const mine = holder
  const stranger = await mine.another()
  await expect(stranger.complete(begun.renewalId, serial, next)).rejects.toMatchObject(failed)
  await expect(stranger.request(begun, next)).rejects.toMatchObject(failed)
  expect(await mine.listed()).toMatchObject({ certificateSerial: mine.serial })
})
