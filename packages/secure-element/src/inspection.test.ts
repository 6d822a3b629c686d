import { bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { expect, test } from 'vitest'
import { createCard } from './create-card.ts'
import { SecureElement } from './host/secure-element.ts'
import { inspectCard } from './inspection.ts'
import { MemoryCard } from './storage/memory-card-storage.ts'
import { PIN } from './testing/test-card.ts'
import { issueCertificate } from './testing/test-certificates.ts'

test('an inspection sees every certificate once and no private key, and the card works on after a reset', async () => {
  const medium = new MemoryCard()
  const card = createCard({ storage: medium.holder(), pinIterations: 2 })
  const element = new SecureElement(card)
  await element.setPin(PIN)
  const installed: string[] = []
  for (const [at, name] of ['one', 'two'].entries()) {
    const publicKey = await element.generateKeyPair(name, PIN)
    const der = await issueCertificate(publicKey, { serialHex: `0102030405060${at}08` })
    await element.installCertificate(name, der, PIN)
    installed.push(bytesToHex(der))
  }
  const { certificates, files } = await inspectCard(medium.holder())
  expect(certificates.map(bytesToHex).toSorted()).toEqual(installed.toSorted())
  expect(files.some(({ bytes }) => Buffer.from(bytes).includes(Buffer.from(PIN)))).toBe(false)
  await expect(element.verifyPin(PIN)).rejects.toMatchObject({ code: 'se.released' })
  await element.reset()
  expect(await element.sign('one', PIN, utf8ToBytes('order'))).toHaveLength(64)
})
