import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  chainRules,
  EKU_CLIENT_AUTH,
  EKU_SERVER_AUTH,
  parseCertificate,
  privateKeySigner,
  validateChain,
  type Certificate,
  type ChainInput,
  type ChainRule,
} from '../index.ts'
import {
  NOW_MS,
  POLICY,
  testLeaf,
  testRoot,
  testSubCa,
  YEAR_MS,
  type Change,
  type Party,
} from '../testing/test-chain.ts'

let root: Party
let sub: Party
let leaf: Party
beforeAll(async () => {
  root = await testRoot()
  sub = await testSubCa(root)
  leaf = await testLeaf(sub)
})

const validate = (change: Partial<ChainInput> = {}): ReturnType<typeof validateChain> =>
  validateChain({
    leaf: leaf.certificate,
    intermediates: [sub.certificate],
    anchors: [root.certificate],
    atMs: NOW_MS,
    usage: {
      keyUsage: ['digitalSignature'],
      extKeyUsage: EKU_SERVER_AUTH,
      policy: POLICY,
      serverName: 'channel.test',
    },
    ...change,
  })

function expectRefusal(change: Partial<ChainInput>, rule: ChainRule, certificate: Certificate): void {
  const result = validate(change)
  expect(result).toMatchObject({
    ok: false,
    rule,
    source: chainRules[rule],
    certificate: certificate.toString(),
  })
}

describe('a chain that holds', () => {
  test('is returned from the end entity to the anchor', () => {
    const result = validate()
    expect(result.ok && result.path.map(String)).toEqual(
      [leaf, sub, root].map((party) => String(party.certificate)),
    )
  })

  test('is found among certificates that do not fit, in any order', async () => {
    const stranger = await testSubCa(await testRoot())
    const result = validate({
      intermediates: [stranger.certificate, leaf.certificate, root.certificate, sub.certificate],
    })
    expect(result.ok).toBe(true)
  })

  test('is found past an expired twin of the intermediate', async () => {
    const twin = await testSubCa(root, { publicKey: sub.key.publicKey, notAfterMs: NOW_MS - 1000 })
    expect(validate({ intermediates: [twin.certificate, sub.certificate] }).ok).toBe(true)
  })

  test('holds through the last second of the validity', () => {
    expect(validate({ atMs: leaf.certificate.notAfterMs + 999 }).ok).toBe(true)
    expect(validate({ atMs: leaf.certificate.notBeforeMs }).ok).toBe(true)
  })
})

describe('refusals name the certificate, the rule and its source', () => {
  test('after and before the validity, with distinct rules', () => {
    expectRefusal({ atMs: leaf.certificate.notAfterMs + 1000 }, 'expired', leaf.certificate)
    expectRefusal({ atMs: leaf.certificate.notBeforeMs - 1 }, 'not-yet-valid', leaf.certificate)
  })

  test('an intermediate and a root that ended', async () => {
    const ended = await testSubCa(root, { publicKey: sub.key.publicKey, notAfterMs: NOW_MS - 1000 })
    expectRefusal({ intermediates: [ended.certificate] }, 'expired', ended.certificate)
    const oldRoot = await testRoot({ notAfterMs: NOW_MS + 1000 })
    const under = await testSubCa(oldRoot, { notAfterMs: NOW_MS + 1000 })
    const end = await testLeaf(under, { notAfterMs: NOW_MS + 1000 })
    const chain = {
      leaf: end.certificate,
      intermediates: [under.certificate],
      anchors: [oldRoot.certificate],
    }
    expect(validate({ ...chain, atMs: NOW_MS }).ok).toBe(true)
    expect(validate({ ...chain, atMs: NOW_MS + 3000 })).toMatchObject({ ok: false, rule: 'expired' })
  })

  test('an unknown root and a missing intermediate', async () => {
    const other = await testRoot({ subject: [{ type: 'CN', value: 'Other' }] })
    expectRefusal({ anchors: [other.certificate] }, 'issuer-unknown', sub.certificate)
    expectRefusal({ intermediates: [] }, 'issuer-unknown', leaf.certificate)
  })

  test('a root of the same name with another key', async () => {
    expectRefusal({ anchors: [(await testRoot()).certificate] }, 'key-identifier', sub.certificate)
  })

  test('a forged signature by an issuer of the same name and key identifier', async () => {
    const forger = Sm2PrivateKey.generate()
    const forged = await testLeaf(sub, { signer: privateKeySigner(forger) })
    expectRefusal({ leaf: forged.certificate }, 'signature', forged.certificate)
  })

  test('an intermediate that is no CA, may not sign, or has too long a path below it', async () => {
    const cases: [Change, ChainRule][] = [
      [{ extensions: { basicConstraints: { ca: false }, keyUsage: ['digitalSignature'] } }, 'not-a-ca'],
      [{ extensions: { keyUsage: ['cRLSign'] } }, 'key-usage'],
    ]
    for (const [change, rule] of cases) {
      const issuer = await testSubCa(root, change)
      const end = await testLeaf(issuer)
      expectRefusal({ leaf: end.certificate, intermediates: [issuer.certificate] }, rule, issuer.certificate)
    }
    const second = await testSubCa(sub, { subject: [{ type: 'CN', value: 'Second' }] })
    const end = await testLeaf(second)
    const intermediates = [sub.certificate, second.certificate]
    expectRefusal({ leaf: end.certificate, intermediates }, 'path-length', sub.certificate)
  })

  test('a usage, purpose, policy or server name that the end entity lacks', () => {
    const { certificate } = leaf
    expectRefusal({ usage: { keyUsage: ['keyEncipherment'] } }, 'key-usage', certificate)
    expectRefusal({ usage: 'keyEncipherment' }, 'key-usage', certificate)
    expect(validate({ usage: 'keyAgreement' }).ok).toBe(true)
    expectRefusal({ usage: { extKeyUsage: EKU_CLIENT_AUTH } }, 'extended-key-usage', certificate)
    expectRefusal({ usage: { policy: '2.25.2' } }, 'policy', certificate)
    expectRefusal({ usage: { serverName: 'other.test' } }, 'server-name', certificate)
    expectRefusal({ usage: { serverName: 'CHANNEL.test.' } }, 'server-name', certificate)
    expect(validate({ usage: { serverName: 'CHANNEL.test' } }).ok).toBe(true)
  })

  test('an issuer restricted to another purpose', async () => {
    const narrow = await testSubCa(root, { extensions: { extKeyUsage: [EKU_CLIENT_AUTH] } })
    const end = await testLeaf(narrow)
    const chain = { leaf: end.certificate, intermediates: [narrow.certificate] }
    expectRefusal(chain, 'extended-key-usage', narrow.certificate)
    expect(validate({ ...chain, usage: {} }).ok).toBe(true)
  })

  test('a critical extension that is not known', () => {
    const der = leaf.certificate.raw
    // 2.5.29.15 (key usage, critical) becomes 2.5.29.99: the signature breaks too, but is checked later.
    const text = Buffer.from(der).toString('hex').replace('0603551d0f', '0603551d63')
    const changed = parseCertificate(Buffer.from(text, 'hex'))
    expectRefusal({ leaf: changed, usage: {} }, 'critical-extension', changed)
  })

  test('another signature algorithm than sm2-with-sm3', () => {
    const text = Buffer.from(leaf.certificate.raw).toString('hex')
    // ecdsa-with-SHA256 takes the place of sm2-with-sm3, inside and outside the signed part: same length of the OID.
    const changed = parseCertificate(
      Buffer.from(text.replaceAll('06082a811ccf55018375', '06082a8648ce3d040302'), 'hex'),
    )
    expectRefusal({ leaf: changed }, 'algorithm', changed)
  })

  test('names outside what an issuer is constrained to', async () => {
    const constrain = (permitted: string, excluded: string): Change => ({
      extensions: {
        nameConstraints: {
          permitted: [{ kind: 'dns', value: permitted }],
          excluded: [{ kind: 'dns', value: excluded }],
        },
      },
    })
    const inside = await testSubCa(root, constrain('test', 'bad.test'))
    const good = await testLeaf(inside)
    const chain = { leaf: good.certificate, intermediates: [inside.certificate] }
    expect(validate(chain).ok).toBe(true)
    for (const [permitted, excluded] of [
      ['example', 'bad.test'],
      ['test', 'channel.test'],
    ] as const) {
      const issuer = await testSubCa(root, constrain(permitted, excluded))
      const end = await testLeaf(issuer)
      const refused = { leaf: end.certificate, intermediates: [issuer.certificate] }
      expectRefusal(refused, 'name-constraints', end.certificate)
    }
  })

  test('more work than the bounds allow', async () => {
    const twins = await Promise.all(
      Array.from({ length: 20 }, () =>
        testSubCa(root, { signer: privateKeySigner(Sm2PrivateKey.generate()) }),
      ),
    )
    const intermediates = twins.map((twin) => twin.certificate)
    const started = performance.now()
    expect(validate({ intermediates, limits: { maxSignatureChecks: 5 } }).ok).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
    const many = Array.from({ length: 65 }, () => sub.certificate)
    expect(validate({ intermediates: many })).toMatchObject({ rule: 'limits' })
  })
})

test('an issuer met many times accepts and refuses as at the first time', async () => {
  const issuer = await testSubCa(root)
  const good = await testLeaf(issuer)
  const forged = await testLeaf(issuer, { signer: privateKeySigner(Sm2PrivateKey.generate()) })
  for (let use = 0; use < 12; use++) {
    const chain = { intermediates: [issuer.certificate] }
    expect(validate({ ...chain, leaf: good.certificate }).ok).toBe(true)
    expectRefusal({ ...chain, leaf: forged.certificate }, 'signature', forged.certificate)
  }
})

test('the certificate of a root is no end entity of itself', () => {
  expect(validate({ leaf: root.certificate, usage: {}, atMs: NOW_MS + YEAR_MS }).ok).toBe(false)
})
