import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parsePem } from '@anqu/encoding'
import { randomBytes, sm2Sign, Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, parseCertificate, privateKeySigner, validateChain } from '@anqu/pki'
import { silentLog, uuidv7 } from '@anqu/platform'
import { FakeClock, testDatabase, type TestDatabase } from '@anqu/platform/testing'
import { policy } from '@anqu/policy'
import { openThirdPartyCa } from '@anqu/third-party-ca'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrationsOf, recordingAudit } from '../../testing/module-world.fixture.ts'
import { createDevices } from '../devices/index.ts'
import {
  AuthorityRefused,
  AuthorityUnavailable,
  type IssuedCertificate,
  type SignatureVerdict,
} from './authority.ts'
import { builtIn, type AdaptedCa } from './authority-adapters.fixture.ts'
import { deviceNeeds, Holder, serialOf } from './holder-world.fixture.ts'
import { createCertificates, type Certificates } from './index.ts'
import { notOffered } from './not-offered.ts'
import { createStatusAnswers } from './status-answers.ts'
import { createThirdPartyAuthority } from './third-party-authority.ts'

async function thirdParty(): Promise<AdaptedCa> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-third-party-'))
  const clock = new FakeClock(1_790_000_000_000)
  const secret = randomBytes(32)
  const listen = { host: '127.0.0.1', port: 0 }
  const ca = await openThirdPartyCa({ dataDir, secret, clock, log: silentLog, listen })
  const url = await ca.start()
  const pem = await (await fetch(`${url}/ca.pem`)).text()
  const anchors = parsePem(pem).map(({ bytes }) => parseCertificate(bytes))
  let running = true
  const leave = async (): Promise<void> => {
    if (running) await ca.stop()
    running = false
  }
  return {
    authority: createThirdPartyAuthority({ url, secret, anchors, clock }),
    overview: notOffered(),
    clock,
    leave,
    async close() {
      await leave()
      await rm(dataDir, { recursive: true })
    },
  }
}

/** Every adapter there is. */
const adapters = { 'the built-in CA': builtIn, 'a third party': thirdParty } as const

/** B-7.3.1.1: what the channel asks of a CA, whichever it is. Every adapter keeps these promises. */
describe.each(Object.entries(adapters))('%s', (_, open) => {
  let ca: AdaptedCa
  beforeAll(async () => {
    ca = await open()
  }, 180_000)
  afterAll(() => ca.close())

  const csrOf = (key: Sm2PrivateKey, name = 'x'): Promise<Uint8Array> =>
    createCsr({ key: privateKeySigner(key), subject: [{ type: 'CN', value: name }] })

  type Person = {
    key: Sm2PrivateKey
    accountId: string
    terminalId: string
    issued: IssuedCertificate
    order: object
  }

  async function person(): Promise<Person> {
    const [key, accountId, terminalId] = [Sm2PrivateKey.generate(), uuidv7(), uuidv7()]
    const order = {
      idempotencyKey: `bind:${uuidv7()}`,
      csr: await csrOf(key, terminalId),
      accountId,
      holder: accountId,
      terminalId,
      correlationId: uuidv7(),
    }
    return { key, accountId, terminalId, order, issued: await ca.authority.issueCustomer(order) }
  }

  function claimed(
    { key, accountId, terminalId, issued }: Person,
    change: object = {},
  ): Promise<SignatureVerdict> {
    const message = new TextEncoder().encode('order 1')
    const signature = sm2Sign(key, message)
    const { serial } = issued
    const claim = { serial, accountId, terminalId, message, signature, correlationId: uuidv7() }
    return ca.authority.verifySignature({ ...claim, ...change })
  }

  const about = ({ issued: { serial } }: Person) => ({ serial, correlationId: uuidv7() })
  const revocation = (serial: string) => ({
    serial,
    reason: 'lost',
    crlReason: 'keyCompromise' as const,
    by: 'customer' as const,
    correlationId: uuidv7(),
  })

  test('certifies the key of the request for a chain that ends at its root', async () => {
    const { issued, key } = await person()
    const anchors = (await ca.authority.anchors()).map((der) => parseCertificate(der))
    const certificate = parseCertificate(issued.certificate)
    expect(certificate.publicKey.equals(key.publicKey)).toBe(true)
    expect([certificate.serialHex, certificate.notAfterMs]).toEqual([issued.serial, issued.notAfterMs])
    const result = validateChain({
      leaf: certificate,
      intermediates: anchors.slice(0, -1),
      anchors: anchors.slice(-1),
      atMs: ca.clock.nowMs(),
      usage: 'digitalSignature',
    })
    expect(result).toMatchObject({ ok: true })
  })

  test('has its responder tell the state of a certificate, whatever it is', async () => {
    const [good, revoked] = [await person(), await person()]
    await ca.authority.revoke(revocation(revoked.issued.serial))
    const statusOf = async ({ issued: { certificate } }: Person) => {
      // Asked afresh: what was kept before the revocation would do for a while.
      const answers = createStatusAnswers({ authority: ca.authority, clock: ca.clock })
      const [issuer = new Uint8Array(0)] = await ca.authority.anchors()
      return (await answers([certificate, issuer])).status
    }
    expect([await statusOf(good), await statusOf(revoked)]).toEqual(['good', 'revoked'])
  })

  test('issues once for one order, however often it comes', async () => {
    const { issued, order } = await person()
    expect(
      await ca.authority.issueCustomer(order as Parameters<typeof ca.authority.issueCustomer>[0]),
    ).toEqual(issued) // made above
  })

  test('issues nothing for a key nobody proved to have', async () => {
    const csr = await csrOf(Sm2PrivateKey.generate())
    const changed = csr.with(csr.length - 4, (csr.at(-4) ?? 0) ^ 1)
    const accountId = uuidv7()
    const order = {
      idempotencyKey: `bind:${uuidv7()}`,
      csr: changed,
      accountId,
      holder: accountId,
      terminalId: uuidv7(),
      correlationId: uuidv7(),
    }
    await expect(ca.authority.issueCustomer(order)).rejects.toBeInstanceOf(AuthorityRefused)
  })

  test('certifies a server of ours', async () => {
    const [der = new Uint8Array(0), ...chain] = await ca.authority.issueServer(
      await csrOf(Sm2PrivateKey.generate(), 'message'),
      'message',
    )
    const anchors = (await ca.authority.anchors()).map((one) => parseCertificate(one))
    expect(chain.map((one) => parseCertificate(one).serialHex)).toEqual(
      anchors.slice(0, -1).map(({ serialHex }) => serialHex),
    )
    const question = {
      intermediates: anchors.slice(0, -1),
      anchors: anchors.slice(-1),
      atMs: ca.clock.nowMs(),
    }
    expect(validateChain({ ...question, leaf: parseCertificate(der), usage: 'keyAgreement' })).toMatchObject({
      ok: true,
    })
  })

  test('calls a signature good only for its own account, terminal, message and certificate', async () => {
    const one = await person()
    expect(await claimed(one)).toEqual({ valid: true, status: 'good', nearExpiry: false })
    const changes: [object, string][] = [
      [{ accountId: uuidv7() }, 'mismatch'],
      [{ terminalId: uuidv7() }, 'mismatch'],
      [{ message: new Uint8Array(1) }, 'bad-signature'],
      [{ signature: new Uint8Array(64).fill(7) }, 'bad-signature'],
      [{ serial: '4400112233445566778899aabbccddee' }, 'unknown'],
    ]
    for (const [change, status] of changes)
      expect([change, await claimed(one, change)]).toEqual([
        change,
        expect.objectContaining({ valid: false, status }),
      ])
  })

  test('a hold ends, a revocation does not', async () => {
    const one = await person()
    await ca.authority.suspend(about(one))
    expect(await claimed(one)).toMatchObject({ valid: false, status: 'suspended' })
    await ca.authority.resume(about(one))
    expect(await claimed(one)).toMatchObject({ valid: true })
    for (const time of [1, 2])
      expect([time, await ca.authority.revoke(revocation(one.issued.serial))]).toEqual([time, 'revoked'])
    expect(await claimed(one)).toMatchObject({ valid: false, status: 'revoked' })
    await ca.authority
      .resume(about(one))
      .catch((error: unknown) => expect(error).toBeInstanceOf(AuthorityRefused))
    expect(await claimed(one)).toMatchObject({ valid: false, status: 'revoked' })
  })

  test('of a certificate it never issued it knows nothing', async () => {
    expect(await ca.authority.revoke(revocation('4400112233445566778899aabbccddee'))).toBe('unknown')
  })

  test('a renewed certificate stands beside the old one until it is installed', async () => {
    const old = await person()
    const key = Sm2PrivateKey.generate()
    const order = {
      serial: old.issued.serial,
      idempotencyKey: `renew:${uuidv7()}`,
      csr: await csrOf(key, old.terminalId),
      correlationId: uuidv7(),
    }
    const issued = await ca.authority.renew(order)
    expect(await ca.authority.renew(order)).toEqual(issued)
    const renewed = { ...old, key, issued }
    for (const one of [old, renewed]) expect(await claimed(one)).toMatchObject({ valid: true })
    for (const time of [1, 2])
      expect([time, await ca.authority.installed(about(renewed))]).toEqual([time, undefined])
    expect(await claimed(old)).toMatchObject({ valid: false, status: 'revoked' })
    expect(await claimed(renewed)).toMatchObject({ valid: true })
    const again = {
      ...order,
      idempotencyKey: `renew:${uuidv7()}`,
      csr: await csrOf(Sm2PrivateKey.generate(), old.terminalId),
    }
    await expect(ca.authority.renew(again)).rejects.toBeInstanceOf(AuthorityRefused)
  })

  describe('behind the module', () => {
    let database: TestDatabase
    let certificates: Certificates
    let holder: Holder
    beforeAll(async () => {
      database = await testDatabase(migrationsOf('certificates', 'devices'))
      const audit = recordingAudit()
      certificates = createCertificates({
        db: database.db,
        clock: ca.clock,
        audit,
        authority: ca.authority,
        overview: ca.overview,
        notifyIn: async () => undefined,
        staffNames: () => Promise.resolve(new Map()),
      })
      const world = { database, ca, audit, certificates }
      holder = await new Holder(createDevices(deviceNeeds(world)).routes).bind()
    })
    afterAll(() => database.drop())

    test('a device is bound, signs, and its certificate is renewed in place of the old one', async () => {
      await expect(certificates.verifySignature(holder.signed())).resolves.toBeUndefined()
      const [old, next] = [holder.signed(), Sm2PrivateKey.generate()]
      const begun = await holder.begin()
      const serial = serialOf((await holder.request(begun, next)).certificate)
      await holder.complete(begun.renewalId, serial, next)
      await certificates.sendOrders()
      await expect(certificates.verifySignature(holder.signed(serial, next))).resolves.toBeUndefined()
      await expect(certificates.verifySignature(old)).rejects.toMatchObject({
        code: 'certificate.not-usable',
      })
    })

    test('a revocation waits while the CA is away from it, and reaches it once', async () => {
      const other = await holder.another()
      await database.db.transaction((tx) =>
        certificates.revokeIn(tx, { serial: other.serial, cause: 'lost', correlationId: uuidv7() }),
      )
      await expect(certificates.verifySignature(other.signed())).rejects.toMatchObject({
        code: 'certificate.not-usable',
      })
      await certificates.sendRevocations()
      expect(await ca.authority.revoke(revocation(other.serial))).toBe('revoked')
    })
  })

  test('near its end a certificate says so, and after it that it has expired', async () => {
    const one = await person()
    ca.clock.setTo(one.issued.notAfterMs - policy.certificate.nearExpiryMs)
    expect(await claimed(one)).toMatchObject({ valid: true, nearExpiry: true })
    ca.clock.setTo(one.issued.notAfterMs + 1000)
    expect(await claimed(one)).toMatchObject({ valid: false, status: 'expired' })
  })

  test('while it is away nothing is good', async () => {
    const one = await person()
    await ca.leave()
    await expect(claimed(one)).rejects.toBeInstanceOf(AuthorityUnavailable)
    await expect(ca.authority.revoke(revocation(one.issued.serial))).rejects.toBeInstanceOf(
      AuthorityUnavailable,
    )
    await expect(person()).rejects.toBeInstanceOf(AuthorityUnavailable)
  })
})
