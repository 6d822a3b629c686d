import { derOid, derSequence } from '@anqu/encoding'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  PkiError,
  transitionalAlgorithms,
  validateChain,
  validateChainAsync,
  webCryptoVerifier,
  type Certificate,
  type TransitionalAlgorithm,
} from './index.ts'
import { ecdsa, nodeVerifier, resigned, rsa, type Keys } from './testing/foreign-keys.ts'
import { NOW_MS, testLeaf, testRoot, type Party } from './testing/test-chain.ts'

let root: Party
let leaf: Party
beforeAll(async () => {
  root = await testRoot()
  leaf = await testLeaf(root)
})

function chainOf(keys: Keys): { leaf: Certificate; anchors: Certificate[] } {
  return { leaf: resigned(leaf, keys, keys), anchors: [resigned(root, keys, keys)] }
}

const question = { intermediates: [], atMs: NOW_MS, usage: {} }

const allowed: [TransitionalAlgorithm, () => Keys][] = [
  ['ecdsa-p256', () => ecdsa('prime256v1', 'SHA256', 2)],
  ['ecdsa-p384', () => ecdsa('secp384r1', 'SHA384', 3)],
  ['ecdsa-p521', () => ecdsa('secp521r1', 'SHA512', 4)],
  ['rsa-3072', () => rsa(3072, 'SHA256', 11)],
]

describe('a transitional algorithm', () => {
  test.each(allowed)('%s holds when the policy names it, and not otherwise', async (name, make) => {
    const chain = chainOf(make())
    const policy = { transitional: [name], verify: nodeVerifier }
    expect(validateChain({ ...question, ...chain, algorithms: policy })).toMatchObject({ ok: true })
    const web = { transitional: [name], verify: webCryptoVerifier(crypto.subtle) }
    expect(await validateChainAsync({ ...question, ...chain, algorithms: web })).toMatchObject({ ok: true })
    expect(validateChain({ ...question, ...chain })).toMatchObject({ ok: false, rule: 'algorithm' })
    const others = transitionalAlgorithms.filter((other) => other !== name)
    const without = { transitional: others, verify: nodeVerifier }
    expect(validateChain({ ...question, ...chain, algorithms: without })).toMatchObject({
      ok: false,
      rule: 'algorithm',
    })
  })

  test('with a wrong signature is refused by both verifiers', async () => {
    const keys = ecdsa('prime256v1', 'SHA256', 2)
    const other = ecdsa('prime256v1', 'SHA256', 2)
    const chain = { leaf: resigned(leaf, keys, other), anchors: [resigned(root, keys, keys)] }
    const names = { transitional: ['ecdsa-p256'] as const }
    const sync = validateChain({ ...question, ...chain, algorithms: { ...names, verify: nodeVerifier } })
    expect(sync).toMatchObject({ ok: false, rule: 'signature' })
    const web = { ...names, verify: webCryptoVerifier(crypto.subtle) }
    expect(await validateChainAsync({ ...question, ...chain, algorithms: web })).toMatchObject({
      rule: 'signature',
    })
  })
})

describe('a forbidden algorithm is refused whatever the policy names', () => {
  const everything = { transitional: transitionalAlgorithms, verify: () => true }
  test.each([
    ['RSA of 2,048 bits', () => rsa(2048, 'SHA256', 11)],
    ['SHA-1 with RSA', () => rsa(3072, 'SHA1', 5)],
    ['MD5 with RSA', () => rsa(3072, 'MD5', 4)],
    [
      'SHA-1 with ECDSA',
      () => ({ ...ecdsa('prime256v1', 'SHA1', 2), algorithm: derSequence(derOid('1.2.840.10045.4.1')) }),
    ],
    ['the curve secp256k1', () => ecdsa('secp256k1', 'SHA256', 2)],
  ] as [string, () => Keys][])('%s', (_, make) => {
    expect(validateChain({ ...question, ...chainOf(make()), algorithms: everything })).toMatchObject({
      ok: false,
      rule: 'algorithm',
    })
  })

  test('and a policy that names one is refused itself', () => {
    // What a caller without types could pass.
    const names = ['rsa-2048'] as unknown as TransitionalAlgorithm[]
    const algorithms = { transitional: names, verify: () => true }
    expect(() => validateChain({ ...question, leaf: leaf.certificate, anchors: [], algorithms })).toThrow(
      PkiError,
    )
  })
})
