import { base64ToBytes, bytesToBase64, bytesToHex, hexToBytes } from '@anqu/encoding'
import { sm3 } from '@anqu/gm-crypto'
import { encodeLoadFile, SECURITY_SERVICE_AID } from '@anqu/secure-element'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageAnswer, packagesAnswer, paths } from '../api/index.ts'
import { signedPackage, tsmWorld, type TsmWorld } from '../testing/tsm-world.ts'
import { securityService } from './packages.ts'

let world: TsmWorld
beforeAll(async () => {
  world = await tsmWorld()
})
afterAll(() => world.close())

const register = (entry: object) => world.call(paths.packageRegister, entry, packageAnswer)
const setState = (version: number, state: 'active' | 'deprecated', actor: string) =>
  world.call(paths.packageState, { aid: securityService, version, state, actor }, packageAnswer)
const stored = async () =>
  (await world.call(paths.packages, {}, packagesAnswer)).packages.map(({ version, state }) => [
    version,
    state,
  ])

test('a package that is altered, of an unlisted publisher, too large or no package is refused by name and not stored', async () => {
  const good = await signedPackage(world, 8)
  const aid = hexToBytes(securityService)
  const other = encodeLoadFile({ aid, name: good.name, version: 9, modules: [SECURITY_SERVICE_AID] })
  const large = new Uint8Array(32_769)
  const refusals = {
    'untrusted-signer': await signedPackage(world, 7, { listing: 'unlisted' }),
    altered: { ...good, loadFile: bytesToBase64(other) },
    'too-large': { ...good, loadFile: bytesToBase64(large), hash: bytesToHex(sm3(large)) },
  }
  for (const [code, entry] of Object.entries(refusals))
    await expect(register(entry), code).rejects.toMatchObject({ code })
  const rehashed = { ...refusals.altered, hash: bytesToHex(sm3(other)) }
  await expect(register(rehashed)).rejects.toMatchObject({ code: 'altered' })
  const flipped = base64ToBytes(good.signature)
  flipped[63] = (flipped[63] ?? 0) ^ 1
  await expect(register({ ...good, signature: bytesToBase64(flipped) })).rejects.toMatchObject({
    code: 'altered',
  })
  expect(await stored()).toEqual([[1, 'active']])
})

test('a signed file is taken under no other identifier or name, and says its version itself', async () => {
  const aid = hexToBytes('f0414e51550199')
  const foreign = [
    await signedPackage(world, 20, { signedAs: { aid } }),
    await signedPackage(world, 21, { signedAs: { name: 'another service' } }),
    { ...(await signedPackage(world, 22)), aid: bytesToHex(aid) },
    { ...(await signedPackage(world, 23)), name: 'another service' },
  ]
  for (const entry of foreign) await expect(register(entry)).rejects.toMatchObject({ code: 'altered' })
  expect(await stored()).toEqual([[1, 'active']])
})

test('one uploads, another one releases, and a withdrawn version stays listed', async () => {
  const good = await signedPackage(world, 10)
  expect((await register(good)).package).toMatchObject({
    version: 10,
    state: 'registered',
    registeredBy: 'anna',
  })
  await expect(register(good)).rejects.toMatchObject({ code: 'known-version' })
  await expect(setState(10, 'active', 'anna')).rejects.toMatchObject({ code: 'second-person' })
  expect((await setState(10, 'active', 'bo')).package).toMatchObject({ state: 'active', activatedBy: 'bo' })
  expect(await stored()).toEqual([
    [10, 'active'],
    [1, 'deprecated'],
  ])
  await setState(10, 'deprecated', 'anna')
  expect((await stored())[0]).toEqual([10, 'deprecated'])
})

test('after a version was released a lower one is neither taken nor released', async () => {
  await register(await signedPackage(world, 12))
  await register(await signedPackage(world, 13))
  await setState(13, 'active', 'bo')
  await expect(register(await signedPackage(world, 11))).rejects.toMatchObject({ code: 'older-version' })
  await expect(setState(12, 'active', 'bo')).rejects.toMatchObject({ code: 'older-version' })
})
