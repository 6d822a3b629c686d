import { utf8ToBytes } from '@anqu/encoding'
import { Sm2PublicKey } from '@anqu/gm-crypto'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { testCard } from '../testing/test-card.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import { SecureElement } from './secure-element.ts'
import {
  encodeCipherBlob,
  encodeSignatureBlob,
  parseCipherBlob,
  parsePublicKeyBlob,
  parseSignatureBlob,
} from './skf-blobs.ts'
import { SKF_APPLICATION, SGD, Skf, type ApplicationHandle, type DeviceHandle } from './skf.ts'

const PIN = '2468135'
const USER = 1
const MESSAGE = utf8ToBytes('transfer 100.00')

let skf: Skf
let device: DeviceHandle
let application: ApplicationHandle
beforeEach(async () => {
  const card = testCard(new MemoryCard().holder())
  await new SecureElement(card).setPin(PIN)
  skf = new Skf({ 'virtual card': card })
  device = await skf.SKF_ConnectDev('virtual card')
  application = await skf.SKF_OpenApplication(device, SKF_APPLICATION)
})

async function containerAtWork() {
  await skf.SKF_VerifyPIN(application, USER, PIN)
  const container = await skf.SKF_CreateContainer(application, 'pay')
  const blob = await skf.SKF_GenECCKeyPair(container, SGD.SM2_1)
  await skf.SKF_ImportCertificate(
    container,
    await issueCertificate(parsePublicKeyBlob(blob), { serialHex: '0102030405060708' }),
  )
  return { container, blob }
}

test('a program written against SKF makes a pair, signs a hash and verifies it', async () => {
  const { container, blob } = await containerAtWork()
  expect(blob.length).toBe(132)
  expect(await skf.SKF_ExportPublicKey(container, true)).toEqual(blob)
  const hash = await skf.SKF_Digest(device, MESSAGE, { publicKey: blob })
  const signature = await skf.SKF_ECCSignData(container, hash)
  expect(signature.length).toBe(128)
  expect(await skf.SKF_ExtECCVerify(device, blob, MESSAGE, signature)).toBe(true)
  expect(await skf.SKF_ExtECCVerify(device, blob, utf8ToBytes('transfer 900.00'), signature)).toBe(false)
})

test('one verified PIN serves one signature', async () => {
  const { container, blob } = await containerAtWork()
  const hash = await skf.SKF_Digest(device, MESSAGE, { publicKey: blob })
  await skf.SKF_ECCSignData(container, hash)
  await expect(skf.SKF_ECCSignData(container, hash)).rejects.toMatchObject({
    sar: 'USER_NOT_LOGGED_IN',
    code: 0x0a00002d,
  })
  await skf.SKF_VerifyPIN(application, USER, PIN)
  await skf.SKF_ClearSecureState(application)
  await expect(skf.SKF_ECCSignData(container, hash)).rejects.toMatchObject({ sar: 'USER_NOT_LOGGED_IN' })
})

test('refusals carry the SAR codes of the standard', async () => {
  await expect(skf.SKF_ConnectDev('none')).rejects.toMatchObject({ sar: 'DEVICE_REMOVED' })
  await expect(skf.SKF_OpenApplication(device, 'none')).rejects.toMatchObject({
    sar: 'APPLICATION_NOT_EXISTS',
  })
  await expect(skf.SKF_OpenContainer(application, 'none')).rejects.toMatchObject({ sar: 'FILE_NOT_EXIST' })
  await expect(skf.SKF_VerifyPIN(application, 0, PIN)).rejects.toMatchObject({ sar: 'USER_TYPE_INVALID' })
  await expect(skf.SKF_VerifyPIN(application, USER, '000000')).rejects.toMatchObject({
    sar: 'PIN_INCORRECT',
    code: 0x0a000024,
    triesLeft: 5,
  })
  expect(await skf.SKF_GetPINInfo(application, USER)).toEqual({
    maxRetry: 6,
    remaining: 5,
    defaultPin: false,
  })
  for (let left = 5; left > 1; left--)
    await skf.SKF_VerifyPIN(application, USER, '000000').catch(() => undefined)
  await expect(skf.SKF_VerifyPIN(application, USER, '000000')).rejects.toMatchObject({
    sar: 'PIN_LOCKED',
    code: 0x0a000025,
  })
})

test('containers are listed, opened by name and deleted under the PIN', async () => {
  const { container } = await containerAtWork()
  expect(await skf.SKF_EnumContainer(application)).toEqual(['pay'])
  expect((await skf.SKF_OpenContainer(application, 'pay')).name).toBe('pay')
  expect((await skf.SKF_ExportCertificate(container, true)).length).toBeGreaterThan(100)
  await expect(skf.SKF_ExportCertificate(container, false)).rejects.toMatchObject({ sar: 'CERTNOTFOUNTERR' })
  await skf.SKF_ClearSecureState(application)
  await expect(skf.SKF_DeleteContainer(application, 'pay')).rejects.toMatchObject({
    sar: 'USER_NOT_LOGGED_IN',
  })
  await skf.SKF_VerifyPIN(application, USER, PIN)
  await skf.SKF_DeleteContainer(application, 'pay')
  expect(await skf.SKF_EnumContainer(application)).toEqual([])
})

test('the PIN is changed by the user, and random numbers come from the card', async () => {
  await skf.SKF_ChangePIN(application, USER, { old: PIN, new: '9753124' })
  await skf.SKF_VerifyPIN(application, USER, '9753124')
  expect((await skf.SKF_GenRandom(device, 32)).length).toBe(32)
  await expect(skf.SKF_GenRandom(device, 0)).rejects.toMatchObject({ sar: 'INVALIDPARAMERR' })
})

test('what is enciphered for a key travels as an ECCCIPHERBLOB', async () => {
  const { blob } = await containerAtWork()
  const cipher = await skf.SKF_ExtECCEncrypt(device, blob, MESSAGE)
  expect(cipher.length).toBe(64 + 64 + 32 + 4 + MESSAGE.length)
  expect(parseCipherBlob(cipher).length).toBe(97 + MESSAGE.length)
})

test('signature and cipher structures survive the round trip, and cut ones are refused', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      fc.uint8Array({ minLength: 97, maxLength: 200 }),
      (signature, rest) => {
        expect(parseSignatureBlob(encodeSignatureBlob(signature))).toEqual(signature)
        const ciphertext = Uint8Array.of(0x04, ...rest.slice(1))
        expect(parseCipherBlob(encodeCipherBlob(ciphertext))).toEqual(ciphertext)
        expect(() => parseCipherBlob(encodeCipherBlob(ciphertext).slice(0, -1))).toThrow('SAR_INDATALENERR')
      },
    ),
  )
})

test('a public key that is not on the curve is refused', () => {
  const blob = new Uint8Array(132)
  blob.set([0, 1])
  expect(() => parsePublicKeyBlob(blob)).toThrow('SAR_INDATAERR')
  expect(() => Sm2PublicKey.fromBytes(new Uint8Array(65))).toThrow()
})
