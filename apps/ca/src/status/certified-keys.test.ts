import { bytesToBase64, utf8ToBytes } from '@anqu/encoding'
import { sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { OID_SM2_WITH_SM3, OID_SM3 } from '@anqu/pki'
import { sql, uuidv7 } from '@anqu/platform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CaWorld, newOwner } from '../testing/ca-world.ts'

let world: CaWorld
beforeAll(async () => {
  world = await CaWorld.open()
})
afterAll(() => world.close())

const owner = newOwner()
const verdict = async (serial: string, key: Sm2PrivateKey) => {
  const message = utf8ToBytes('transfer 120.00')
  const claim = {
    ...owner,
    serial,
    message: bytesToBase64(message),
    signatureAlgorithm: OID_SM2_WITH_SM3,
    digestAlgorithm: OID_SM3,
    signature: bytesToBase64(sm2Sign(key, message)),
    correlationId: uuidv7(),
  }
  return (await world.call<{ status: string }>('/v1/certificates/verify-signature', claim)).status
}
const store = (serial: string, { der, key }: { der?: Uint8Array; key: Uint8Array }) =>
  world.database.db.execute(sql`
    update certificate set public_key = ${key}, der = coalesce(${der ?? null}::bytea, der) where serial = ${serial}`)
const stored = (serial: string) =>
  world.database.db.one<{ der: Uint8Array; public_key: Uint8Array }>(
    sql`select der, public_key from certificate where serial = ${serial}`,
  )

test('a key swapped in the register speaks for nobody, alone or with another certificate of this CA beside it', async () => {
  const [own, thief] = [Sm2PrivateKey.generate(), Sm2PrivateKey.generate()]
  const { serial } = await world.issue(own, owner)
  const { serial: another } = await world.issue(thief)
  const before = await stored(serial)
  expect(await verdict(serial, own)).toBe('good')
  await store(serial, { key: thief.publicKey.bytes })
  expect([await verdict(serial, thief), await verdict(serial, own)]).toEqual(['mismatch', 'mismatch'])
  const { der } = await stored(another)
  await store(serial, { key: thief.publicKey.bytes, der })
  expect(await verdict(serial, thief)).toBe('mismatch')
  const forged = new Uint8Array(before.der)
  forged.set(thief.publicKey.bytes, Buffer.from(forged).indexOf(own.publicKey.bytes))
  await store(serial, { key: thief.publicKey.bytes, der: forged })
  expect(await verdict(serial, thief)).toBe('mismatch')
  await store(serial, { key: before.public_key, der: before.der })
  expect(await verdict(serial, own)).toBe('good')
})
