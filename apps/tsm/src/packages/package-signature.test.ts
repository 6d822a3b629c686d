import { rename } from 'node:fs/promises'
import path from 'node:path'
import { hexToBytes } from '@anqu/encoding'
import { sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { sql, uuidv7, type Sql } from '@anqu/platform'
import {
  encodeLoadFile,
  parseLoadFile,
  SECURITY_SERVICE_AID,
  SecureElement,
  securedConnection,
} from '@anqu/secure-element'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { paths, recordsAnswer } from '../api/index.ts'
import { Phone, tsmWorld, type TsmWorld } from '../testing/tsm-world.ts'

let world: TsmWorld
beforeAll(async () => {
  world = await tsmWorld()
})
afterAll(() => world.close())

type Stored = { readonly load_file: Uint8Array; readonly signature: Uint8Array }

/** What somebody who can write the TSM's database could put there, past every check of the registry. */
async function store({ load_file: loadFile, signature }: Stored): Promise<void> {
  await world.database.db.execute(
    sql`update se_package set load_file = ${loadFile}, signature = ${signature}`,
  )
}

const stepsOf = async (correlationId: string) =>
  (await world.call(paths.records, { cursor: null, limit: 50, correlationId }, recordsAnswer)).records

test('a card is given the publisher’s key, and refuses a package that was altered or signed by another', async () => {
  const [genuine] = await world.database.db.query<Stored>(sql`select load_file, signature from se_package`)
  if (genuine === undefined) throw new Error('no package')
  const another = Sm2PrivateKey.generate()
  const more = [SECURITY_SERVICE_AID, hexToBytes('f0414e51559999')]
  const other = encodeLoadFile({ ...parseLoadFile(new Uint8Array(genuine.load_file)), modules: more })
  const forgeries: Stored[] = [
    { ...genuine, load_file: other },
    { ...genuine, signature: sm2Sign(another, new Uint8Array(genuine.load_file)) },
    { load_file: other, signature: sm2Sign(another, other) },
  ]
  for (const forgery of forgeries) {
    await store(forgery)
    const correlationId = uuidv7()
    const attempt = new Phone(world).run('provision', correlationId)
    await expect(attempt).rejects.toMatchObject({ code: 'card-package-refused' })
    expect((await stepsOf(correlationId)).map(({ detail }) => detail)).toContain('load package 6300')
  }
  await store(genuine)
  const phone = new Phone(world)
  const correlationId = uuidv7()
  const { answer, keySet } = await phone.run('provision', correlationId)
  expect(answer.result).toMatchObject({ applicationState: 'usable', packageVersion: 1 })
  const carriedOut = (await stepsOf(correlationId)).find(({ step }) => step === 3)
  expect(carriedOut?.detail).toContain('put publisher key, load package')
  if (keySet === undefined) throw new Error('no keys')
  await new SecureElement(securedConnection(phone.powerUp(), keySet)).setPin('2468135')
})

test('a row that calls a signed file newer, or something else, is not delivered', async () => {
  const change = (set: Sql) => world.database.db.execute(sql`update se_package set ${set}`)
  for (const [changed, back] of [
    [sql`version = 7`, sql`version = 1`],
    [sql`name = 'another service'`, sql`name = 'security-service'`],
  ] as const) {
    await change(changed)
    await expect(new Phone(world).run()).rejects.toMatchObject({ code: 'altered' })
    await change(back)
  }
  expect((await new Phone(world).run()).answer.result).toMatchObject({ packageVersion: 1 })
})

test('a publisher taken off the list brings its package onto no card any more', async () => {
  const listed = path.join(world.folder, 'signers', 'anqu-se-publisher.cer')
  await rename(listed, `${listed}.off`)
  await expect(new Phone(world).run()).rejects.toMatchObject({ code: 'untrusted-signer' })
  await rename(`${listed}.off`, listed)
  expect((await new Phone(world).run()).answer.result).toMatchObject({ applicationState: 'usable' })
})
