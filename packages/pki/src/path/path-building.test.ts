import { beforeAll, describe, expect, test } from 'vitest'
import {
  validateChain,
  type Certificate,
  type ChainInput,
  type ChainResult,
  type ExtensionRequest,
  type Name,
  type TransitionalAlgorithm,
} from '../index.ts'
import { ecdsa, nodeVerifier, resigned, rsa, type Keys } from '../testing/foreign-keys.ts'
import { NOW_MS, testLeaf, testRoot, testSubCa, type Party } from '../testing/test-chain.ts'

const ask = (
  leaf: Party,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  more: Partial<ChainInput> = {},
): ChainResult =>
  validateChain({ leaf: leaf.certificate, intermediates, anchors, atMs: NOW_MS, usage: {}, ...more })
const pathText = (result: ChainResult): string[] => (result.ok ? result.path.map(String) : [result.rule])
const named = (cn: string): Name => [{ type: 'CN', value: cn }]
const wide = { pathLength: 9, ca: true }

/** Another certificate for the same name and key. */
async function cross(
  subject: Party,
  by: Party,
  extensions: Partial<ExtensionRequest> = {},
): Promise<Certificate> {
  const { certificate } = await testSubCa(by, {
    subject: subject.certificate.subject,
    publicKey: subject.key.publicKey,
    extensions: { basicConstraints: wide, ...extensions },
  })
  return certificate
}

describe('cross certificates', () => {
  let first: Party
  let second: Party
  let issuing: Party
  let leaf: Party
  beforeAll(async () => {
    first = await testRoot({ subject: named('First Root') })
    second = await testRoot({ subject: named('Second Root') })
    issuing = await testSubCa(second)
    leaf = await testLeaf(issuing)
  })

  test('lead from one domain to the anchor of another', async () => {
    const bridge = await cross(second, first)
    const parts = [issuing.certificate, bridge]
    for (const intermediates of [parts, parts.toReversed()])
      expect(pathText(ask(leaf, intermediates, [first.certificate]))).toEqual(
        [leaf.certificate, issuing.certificate, bridge, first.certificate].map(String),
      )
    expect(pathText(ask(leaf, parts, [second.certificate]))).toHaveLength(3)
  })

  test('of two roots for each other do not run in a circle', async () => {
    const both = [await cross(second, first), await cross(first, second), issuing.certificate]
    const stranger = await testRoot({ subject: named('Third Root') })
    expect(ask(leaf, both, [stranger.certificate])).toMatchObject({ ok: false, rule: 'issuer-unknown' })
    expect(ask(leaf, both, [first.certificate]).ok).toBe(true)
  })

  test('a way that a name constraint closes does not hide the open one', async () => {
    const closed = await cross(issuing, second, {
      nameConstraints: { permitted: [{ kind: 'dns', value: 'other.cn' }], excluded: [] },
    })
    const long = await cross(second, first)
    for (const intermediates of [
      [closed, issuing.certificate, long],
      [long, issuing.certificate, closed],
    ])
      expect(ask(leaf, intermediates, [second.certificate, first.certificate]).ok).toBe(true)
    expect(ask(leaf, [closed], [second.certificate])).toMatchObject({ rule: 'name-constraints' })
  })

  test('a way through a CA that has expired does not hide the other', async () => {
    const { certificate: expired } = await testSubCa(second, {
      publicKey: issuing.key.publicKey,
      notAfterMs: NOW_MS - 1000,
    })
    expect(ask(leaf, [expired, issuing.certificate], [second.certificate]).ok).toBe(true)
  })

  test('old and new key of a root that certify each other lead to whichever is the anchor', async () => {
    const renewed = await testRoot({ subject: second.certificate.subject })
    const under = await testSubCa(renewed)
    const end = await testLeaf(under)
    const [newByOld, oldByNew] = [await cross(renewed, second), await cross(second, renewed)]
    const pool = [under.certificate, issuing.certificate, newByOld, oldByNew]
    for (const anchor of [second.certificate, renewed.certificate])
      for (const leafOf of [end, leaf]) expect(ask(leafOf, pool, [anchor]).ok).toBe(true)
  })

  test('of a whole mesh without an anchor cost a bounded number of signature checks', async () => {
    const cas = await Promise.all(
      Array.from({ length: 7 }, (_, at) => testRoot({ subject: named(`Mesh ${at}`) })),
    )
    const mesh: Certificate[] = []
    for (const subject of cas) for (const by of cas) if (by !== subject) mesh.push(await cross(subject, by))
    const [entry] = cas
    if (!entry) throw new Error('no mesh')
    const end = await testLeaf(entry)
    const result = ask(end, mesh, [first.certificate], { limits: { maxSignatureChecks: 40 } })
    expect(result.ok).toBe(false)
    // The same mesh is crossed when one of its roots is the anchor, however many circles it has.
    const last = cas.at(-1) ?? entry
    expect(ask(end, mesh, [last.certificate]).ok).toBe(true)
  })

  test('a certificate that claims to have issued itself is no way to an anchor', async () => {
    const loop = await testRoot({ subject: named('Loop') })
    const end = await testLeaf(loop)
    expect(ask(end, [loop.certificate, end.certificate], [first.certificate])).toMatchObject({
      rule: 'issuer-unknown',
    })
  })
})

describe('a root of a transitional algorithm above SM2', () => {
  const roots: [TransitionalAlgorithm, () => Keys][] = [
    ['rsa-3072', () => rsa(3072, 'SHA256', 11)],
    ['ecdsa-p256', () => ecdsa('prime256v1', 'SHA256', 2)],
    ['ecdsa-p384', () => ecdsa('secp384r1', 'SHA384', 3)],
  ]

  test.each(roots)('%s holds where the policy names it and nowhere else', async (name, make) => {
    const keys = make()
    const root = await testRoot()
    const anchor = resigned(root, keys, keys)
    const ca = await testSubCa(root)
    const issuing = resigned(ca, 'its own', keys)
    const leaf = await testLeaf(ca)
    const algorithms = { transitional: [name], verify: nodeVerifier }
    expect(pathText(ask(leaf, [issuing], [anchor], { algorithms }))).toEqual(
      [leaf.certificate, issuing, anchor].map(String),
    )
    expect(ask(leaf, [issuing], [anchor])).toMatchObject({ rule: 'algorithm' })
    const others = roots.map(([other]) => other).filter((other) => other !== name)
    expect(
      ask(leaf, [issuing], [anchor], { algorithms: { transitional: others, verify: nodeVerifier } }),
    ).toMatchObject({ rule: 'algorithm' })
    const forged = resigned(ca, 'its own', make())
    expect(ask(leaf, [forged], [anchor], { algorithms })).toMatchObject({ rule: 'signature' })
  })

  test('the way over SM2 is taken when a CA has both', async () => {
    const keys = rsa(3072, 'SHA256', 11)
    const root = await testRoot()
    const ca = await testSubCa(root)
    const leaf = await testLeaf(ca)
    const old = resigned(ca, 'its own', keys)
    expect(pathText(ask(leaf, [old, ca.certificate], [root.certificate]))).toEqual(
      [leaf.certificate, ca.certificate, root.certificate].map(String),
    )
  })

  test('an SM2 key does not stand in for it: the signature of another kind is refused', async () => {
    const keys = ecdsa('prime256v1', 'SHA256', 2)
    const root = await testRoot()
    const ca = await testSubCa(root)
    const leaf = await testLeaf(ca)
    const algorithms = { transitional: ['ecdsa-p256'], verify: nodeVerifier } as const
    // An ECDSA signature under an issuer whose key is SM2.
    const mixed = resigned(ca, 'its own', keys)
    expect(ask(leaf, [mixed], [root.certificate], { algorithms })).toMatchObject({ rule: 'signature' })
  })
})
