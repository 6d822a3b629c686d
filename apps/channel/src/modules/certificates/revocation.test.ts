import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { uuidv7 } from '@anqu/platform'
import { createDevices } from '../devices/index.ts'
import { AuthorityUnavailable } from './authority.ts'
import { deviceNeeds, Holder, serialOf } from './holder-world.fixture.ts'
import type { Certificates } from './index.ts'
import { CertificateWorld } from './real-authority.fixture.ts'

const secret = { keyboardId: uuidv7(), taps: ['AAAA'] }
const password = { kind: 'password', secret }
const code = { kind: 'otp', otpId: uuidv7(), otp: '123456' }
const rejected = { code: 'factor.rejected' }
const notUsable = { code: 'certificate.not-usable' }
let world: CertificateWorld
let certificates: Certificates
let factors: { otp: boolean; password: boolean }
let needs: ReturnType<typeof deviceNeeds>
let holder: Holder

beforeAll(async () => {
  world = await CertificateWorld.open()
  ;({ certificates } = world)
})
afterAll(() => world.close())
beforeEach(async () => {
  world.audit.events.length = 0
  factors = { otp: true, password: true }
  needs = deviceNeeds(world, factors)
  holder = await new Holder(createDevices(needs).routes).bind()
  needs.codes.length = 0
})

const atCa = async (serial = holder.serial) => {
  const read = await world.overview.read(serial)
  return { status: read?.certificate.status, crlReason: read?.certificate.change?.crlReason }
}

test('a lost device is reported from another one by a code for it alone: refused here at once, revoked at the CA', async () => {
  const elsewhere = holder.elsewhere()
  await elsewhere.release(holder.deviceId, 'lost', code)
  const binding = `${holder.accountId}:${holder.deviceId}`
  expect(needs.codes).toEqual([{ purpose: 'release-device', binding }])
  expect(await atCa()).toMatchObject({ status: 'good' })
  await expect(certificates.verifySignature(holder.signed())).rejects.toMatchObject(notUsable)
  await certificates.sendRevocations()
  expect(await atCa()).toEqual({ status: 'revoked', crlReason: 'keyCompromise' })
  expect(needs.lost).toEqual([holder.on.clientKeyId])
  expect(needs.ended).toEqual([elsewhere.on.customer?.sessionId])
})

test('the CA being away stops nobody from giving a device up by its own key', async () => {
  const whole = world.authority.verifySignature
  const away = () => Promise.reject(new AuthorityUnavailable('away'))
  Object.assign(world.authority, { verifySignature: away })
  await holder.release(holder.deviceId, 'unused', holder.signedWish('unused'))
  Object.assign(world.authority, { verifySignature: whole })
  expect(await holder.listed()).toBeUndefined()
  expect(needs.ended).toEqual([])
  await certificates.sendRevocations()
  expect(await atCa()).toEqual({ status: 'revoked', crlReason: 'cessationOfOperation' })
})

test.each([
  ['exposed', 'keyCompromise'],
  ['replaced', 'superseded'],
] as const)('a device that is %s is revoked as %s', async (reason, crlReason) => {
  await holder.elsewhere().release(holder.deviceId, reason, password)
  await certificates.sendRevocations()
  expect(await atCa()).toEqual({ status: 'revoked', crlReason })
})

test('without a right factor nothing is given up', async () => {
  factors.otp = factors.password = false
  const elsewhere = holder.elsewhere()
  await expect(elsewhere.release(holder.deviceId, 'lost', password)).rejects.toMatchObject(rejected)
  await expect(elsewhere.release(holder.deviceId, 'lost', code)).rejects.toMatchObject(rejected)
  const foreign = holder.signedWish('unused', Sm2PrivateKey.generate())
  await expect(holder.release(holder.deviceId, 'unused', foreign)).rejects.toMatchObject(rejected)
  const other = holder.signedWish('unused')
  await expect(holder.release(holder.deviceId, 'lost', other)).rejects.toMatchObject(rejected)
  await expect(certificates.verifySignature(holder.signed())).resolves.toBeUndefined()
})

test('whoever gives up a device of somebody else meets the same as for one that does not exist', async () => {
  const stranger = await holder.another()
  const notFound = { code: 'request.not-found' }
  await expect(stranger.release(holder.deviceId, 'lost', password)).rejects.toMatchObject(notFound)
  await expect(stranger.release(uuidv7(), 'lost', password)).rejects.toMatchObject(notFound)
  const hold = { deviceId: holder.deviceId, secret }
  await expect(stranger.call('certificates.suspend', hold)).rejects.toMatchObject(notFound)
  await expect(
    stranger.call('certificates.resume', { ...hold, otpId: uuidv7(), otp: '123456' }),
  ).rejects.toMatchObject(notFound)
})

test('with the device goes the certificate of a renewal under way', async () => {
  const begun = await holder.begin()
  const { certificate } = await holder.request(begun, Sm2PrivateKey.generate())
  await holder.elsewhere().release(holder.deviceId, 'lost', password)
  await certificates.sendRevocations()
  expect(await atCa(serialOf(certificate))).toMatchObject({ status: 'revoked' })
  expect(await atCa()).toMatchObject({ status: 'revoked' })
})

const suspend = (on: Holder) => on.call('certificates.suspend', { deviceId: holder.deviceId, secret })
const resume = (on: Holder) => {
  const { otpId, otp } = code
  return on.call('certificates.resume', { deviceId: holder.deviceId, secret, otpId, otp })
}

test('a hold counts here at once and at the CA when it hears of it; lifted, the device signs again', async () => {
  await suspend(holder.elsewhere())
  await expect(certificates.verifySignature(holder.signed())).rejects.toMatchObject(notUsable)
  expect(await holder.listed()).toMatchObject({ state: 'suspended' })
  await certificates.sendOrders()
  expect(await atCa()).toEqual({ status: 'suspended', crlReason: 'certificateHold' })
  await resume(holder)
  expect(await atCa()).toMatchObject({ status: 'good' })
  await expect(certificates.verifySignature(holder.signed())).resolves.toBeUndefined()
})

test('a hold that the CA was not told of yet is lifted too, and never arrives', async () => {
  await suspend(holder)
  await resume(holder)
  await certificates.sendOrders()
  expect(await atCa()).toMatchObject({ status: 'good' })
  expect(await holder.listed()).toMatchObject({ state: 'good' })
})

test('to lift a hold both factors are asked for', async () => {
  await suspend(holder)
  factors.otp = false
  await expect(resume(holder)).rejects.toMatchObject(rejected)
  factors.otp = true
  factors.password = false
  await expect(resume(holder)).rejects.toMatchObject(rejected)
  expect(await holder.listed()).toMatchObject({ state: 'suspended' })
  const binding = `${holder.accountId}:${holder.deviceId}`
  expect(needs.codes).toEqual([{ purpose: 'resume-certificate', binding }])
})

test('a hold of staff is not lifted by the holder', async () => {
  await world.overview.hold({
    serial: holder.serial,
    reason: 'suspicion',
    officer: world.chen.staffId,
    correlationId: uuidv7(),
  })
  await certificates.followEvents()
  expect(await holder.listed()).toMatchObject({ state: 'suspended' })
  await expect(resume(holder)).rejects.toMatchObject({ code: 'certificate.not-possible' })
  expect(await atCa()).toMatchObject({ status: 'suspended' })
  expect(await holder.listed()).toMatchObject({ state: 'suspended' })
})

test('a certificate on hold is not renewed, and its device can still be reported', async () => {
  await suspend(holder)
  await expect(holder.begin()).rejects.toMatchObject(notUsable)
  await holder.elsewhere().release(holder.deviceId, 'lost', password)
  await certificates.sendOrders()
  await certificates.sendRevocations()
  expect(await atCa()).toMatchObject({ status: 'revoked' })
})
