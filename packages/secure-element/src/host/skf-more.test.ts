import { hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { beforeEach, expect, test } from 'vitest'
import { SECURITY_SERVICE_AID } from '../applets/security-service/command-table.ts'
import { SM4 } from '../channel/block-cipher.ts'
import { securedConnection } from '../channel/secured-connection.ts'
import { createCard } from '../create-card.ts'
import { installForPersonalisation, resettingCodeData, storeData } from '../issuer/personalisation.ts'
import { MemoryCard } from '../storage/memory-card-storage.ts'
import { keySet, manage } from '../testing/issuer-channel.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import type { CardConnection } from '../transports/card-connection.ts'
import { SecureElement } from './secure-element.ts'
import { encodePublicKeyBlob, parsePublicKeyBlob } from './skf-blobs.ts'
import { CONTAINER_TYPE, SGD, Skf, SKF_APPLICATION } from './skf.ts'

const PIN = '2468135'
const USER = 1
const ISSUER = keySet(SM4)
const CODE = new Uint8Array(16).fill(7)
const MESSAGE = utf8ToBytes('transfer 100.00')
const IV = hexToBytes('000102030405060708090a0b0c0d0e0f')

let card: CardConnection
let skf: Skf
beforeEach(async () => {
  card = createCard({ storage: new MemoryCard().holder(), pinIterations: 2, channelKeys: [ISSUER] })
  const personalise = [installForPersonalisation(SECURITY_SERVICE_AID), ...storeData(resettingCodeData(CODE))]
  expect(await manage(card, ISSUER, ...personalise)).toEqual(['9000', '9000'])
  await new SecureElement(card).setPin(PIN)
  skf = new Skf({ card, issuer: securedConnection(card, ISSUER) })
})

async function application(device = 'card') {
  const handle = await skf.SKF_ConnectDev(device)
  return { device: handle, application: await skf.SKF_OpenApplication(handle, SKF_APPLICATION) }
}

/** A container with an encryption pair in use. */
async function forEncryption() {
  const element = new SecureElement(card)
  await element.generateKeyPair('pay', PIN)
  const publicKey = await element.renewKeyPair('pay', PIN, 'encryption')
  const certificate = await issueCertificate(publicKey, { serialHex: '0102030405060708' })
  await element.installCertificate('pay', certificate, PIN)
  const { application: app } = await application()
  return { app, container: await skf.SKF_OpenContainer(app, 'pay'), blob: encodePublicKeyBlob(publicKey) }
}

test('a locked PIN is opened by the issuer with its code, and by nobody else', async () => {
  const user = await application()
  for (let left = 6; left > 0; left--)
    await skf.SKF_VerifyPIN(user.application, USER, '000000').catch(() => undefined)
  await expect(skf.SKF_VerifyPIN(user.application, USER, PIN)).rejects.toMatchObject({ sar: 'PIN_LOCKED' })
  await expect(skf.SKF_UnblockPIN(user.application, CODE, '864209')).rejects.toMatchObject({
    sar: 'USER_NOT_LOGGED_IN',
  })
  const issuer = await application('issuer')
  await expect(skf.SKF_UnblockPIN(issuer.application, new Uint8Array(16), '864209')).rejects.toMatchObject({
    sar: 'PIN_INCORRECT',
    triesLeft: 9,
  })
  await skf.SKF_UnblockPIN(issuer.application, CODE, '864209')
  const again = await application()
  await skf.SKF_ChangePIN(again.application, USER, { old: '864209', new: '9753124' })
  await skf.SKF_VerifyPIN(again.application, USER, '9753124')
})

test('a session key travels in a cipher structure to the container it is for, and opens under its PIN', async () => {
  const { app, container, blob } = await forEncryption()
  const { key, cipherBlob } = await skf.SKF_ECCExportSessionKey(container, SGD.SMS4_CBC, blob)
  const sealed = await skf.SKF_Encrypt(key, IV, MESSAGE)
  await expect(skf.SKF_ImportSessionKey(container, SGD.SMS4_CBC, cipherBlob)).rejects.toMatchObject({
    sar: 'USER_NOT_LOGGED_IN',
  })
  await skf.SKF_VerifyPIN(app, USER, PIN)
  const theirs = await skf.SKF_ImportSessionKey(container, SGD.SMS4_CBC, cipherBlob)
  expect(await skf.SKF_Decrypt(theirs, IV, sealed)).toEqual(MESSAGE)
  await expect(skf.SKF_Decrypt(theirs, IV, sealed.slice(1))).rejects.toMatchObject({ sar: 'INDATAERR' })
  await expect(skf.SKF_Decrypt(theirs, IV.slice(1), sealed)).rejects.toMatchObject({ sar: 'INVALIDPARAMERR' })
})

test('a closed session key is gone, and two exports never give the same one', async () => {
  const { container, blob } = await forEncryption()
  const first = await skf.SKF_ECCExportSessionKey(container, SGD.SMS4_CBC, blob)
  const second = await skf.SKF_ECCExportSessionKey(container, SGD.SMS4_CBC, blob)
  const [one, other] = [
    await skf.SKF_Encrypt(first.key, IV, MESSAGE),
    await skf.SKF_Encrypt(second.key, IV, MESSAGE),
  ]
  expect(one).not.toEqual(other)
  await skf.SKF_CloseHandle(first.key)
  await expect(skf.SKF_Encrypt(first.key, IV, MESSAGE)).rejects.toMatchObject({ sar: 'INVALIDHANDLEERR' })
})

test('a session key for another cipher, or of another length, is refused', async () => {
  const { app, container, blob } = await forEncryption()
  await expect(skf.SKF_ECCExportSessionKey(container, 0x401, blob)).rejects.toMatchObject({
    sar: 'NOTSUPPORTYETERR',
  })
  const { device } = await application()
  const long = await skf.SKF_ExtECCEncrypt(device, blob, new Uint8Array(17))
  await skf.SKF_VerifyPIN(app, USER, PIN)
  await expect(skf.SKF_ImportSessionKey(container, SGD.SMS4_CBC, long)).rejects.toMatchObject({
    sar: 'INDATALENERR',
  })
})

test('a signature over a prepared hash is verified, and refused over another', async () => {
  const { device, application: app } = await application()
  await skf.SKF_VerifyPIN(app, USER, PIN)
  const container = await skf.SKF_CreateContainer(app, 'sign')
  expect(await skf.SKF_GetContainerType(app, 'sign')).toBe(CONTAINER_TYPE.unknown)
  const blob = await skf.SKF_GenECCKeyPair(container, SGD.SM2_1)
  expect(await skf.SKF_GetContainerType(app, 'sign')).toBe(CONTAINER_TYPE.ecc)
  const key = parsePublicKeyBlob(blob)
  await skf.SKF_ImportCertificate(container, await issueCertificate(key, { serialHex: '0102030405060708' }))
  const hash = await skf.SKF_Digest(device, MESSAGE, { publicKey: blob })
  const signature = await skf.SKF_ECCSignData(container, hash)
  expect(await skf.SKF_ECCVerify(device, blob, hash, signature)).toBe(true)
  const other = hash.map((byte) => byte ^ 1)
  expect(await skf.SKF_ECCVerify(device, blob, other, signature)).toBe(false)
  const stranger = encodePublicKeyBlob(Sm2PrivateKey.generate().publicKey)
  expect(await skf.SKF_ECCVerify(device, stranger, hash, signature)).toBe(false)
  await expect(skf.SKF_GetContainerType(app, 'none')).rejects.toMatchObject({ sar: 'FILE_NOT_EXIST' })
})

test('no function brings a private key from outside: each refuses and says why', async () => {
  const refused = [
    skf.SKF_ImportECCKeyPair(),
    skf.SKF_ExtECCDecrypt(),
    skf.SKF_ExtECCSign(),
    skf.SKF_GenRSAKeyPair(),
    skf.SKF_ImportRSAKeyPair(),
    skf.SKF_CreateApplication(),
    skf.SKF_DeleteApplication(),
    skf.SKF_DevAuth(),
    skf.SKF_CreateFile(),
  ]
  for (const outcome of await Promise.allSettled(refused))
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { sar: 'NOTSUPPORTYETERR', code: 0x0a000003 },
    })
  await expect(skf.SKF_ImportECCKeyPair()).rejects.toThrow('never come from outside (B-7.2-4)')
})
