import { encodePem } from '@anqu/encoding'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chainRules, validateChain, type Certificate, type ChainResult, type PolicyInputs } from '../index.ts'
import { ANY, P1, P2, P3, policyCases } from '../testing/policy-cases.ts'
import { policyChain, type PolicyLink } from '../testing/policy-chain.ts'
import { checkPolicies } from './policy-rules.ts'
import { NOW_MS, testRoot, type Party } from '../testing/test-chain.ts'

let root: Party
beforeAll(async () => {
  root = await testRoot()
})

function verdictOf(chain: readonly Certificate[], policies: PolicyInputs): ChainResult {
  const [leaf, ...intermediates] = chain.toReversed()
  if (leaf === undefined) throw new Error('a chain without certificates')
  return validateChain({
    leaf,
    intermediates,
    anchors: [root.certificate],
    atMs: NOW_MS,
    usage: {},
    policies,
  })
}

describe('certificate policies after PKITS', () => {
  test.each(policyCases.map((one) => [one.name, one] as const))('%s', async (_, { links, verdicts }) => {
    const chain = await policyChain(root, links)
    for (const [inputs, ok] of verdicts) expect([inputs, verdictOf(chain, inputs).ok]).toEqual([inputs, ok])
  })

  test('a refusal names the certificate at which the last policy ended', async () => {
    const chain = await policyChain(root, [
      { policies: [P1], requireExplicit: 0 },
      { policies: [P2] },
      { policies: [P1] },
    ])
    expect(verdictOf(chain, {})).toMatchObject({
      ok: false,
      rule: 'policy',
      source: chainRules.policy,
      certificate: String(chain[1]),
    })
  })

  test('a chain of as many policies as fit costs no more than their number (RFC 9618)', async () => {
    // With a tree every policy of a certificate would hang below every one above it: 200 to the power of 6 nodes.
    const many = Array.from({ length: 200 }, (_, index) => `1.2.3.${index}`)
    const map = many.map((policy, index) => [policy, many[(index + 1) % many.length] ?? policy] as const)
    const link: PolicyLink = { policies: many, map }
    const chain = await policyChain(root, [link, link, link, link, link, { policies: many }])
    expect(verdictOf(chain, { requireExplicitPolicy: true }).ok).toBe(true)
  })
})

const policy = fc.constantFrom(P1, P2, P3)
const count = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined, freq: 3 })
const linkOf = fc.record({
  policies: fc.option(fc.uniqueArray(fc.constantFrom(P1, P2, P3, ANY), { minLength: 1 }), {
    nil: undefined,
    freq: 8,
  }),
  map: fc.option(fc.uniqueArray(fc.tuple(policy, policy), { minLength: 1, maxLength: 3, selector: String }), {
    nil: undefined,
    freq: 2,
  }),
  requireExplicit: count,
  inhibitMapping: count,
  inhibitAny: count,
  selfIssued: fc.boolean(),
})
/**
 * Mappings without those where OpenSSL 3.0 leaves RFC 5280: it acts upon mappings of an end entity, and on one from a policy
 * that the certificate does not name even where its anyPolicy does not count.
 */
function sound({ map, policies }: PolicyLink): PolicyLink['map'] {
  const named = map?.filter(([issuer]) => policies?.includes(issuer))
  return named?.length === 0 ? undefined : named
}

const inputsOf = fc.record({
  acceptable: fc.option(fc.uniqueArray(policy, { minLength: 1 }), { nil: undefined }),
  requireExplicitPolicy: fc.constant(true),
  inhibitPolicyMapping: fc.boolean(),
  inhibitAnyPolicy: fc.boolean(),
})

/** OpenSSL verifies what is inside a chain under the empty identifier only, so the chains it gets are signed under that. */
function judge(folder: string, chain: readonly Certificate[], inputs: PolicyInputs): boolean {
  const save = (name: string, certificates: readonly Certificate[]): string => {
    const file = join(folder, name)
    writeFileSync(file, certificates.map(({ raw }) => encodePem('CERTIFICATE', raw)).join(''))
    return file
  }
  // To OpenSSL no choice is none of them; RFC 5280 takes it for all of them.
  const { acceptable = [ANY], requireExplicitPolicy, inhibitPolicyMapping, inhibitAnyPolicy } = inputs
  const flags = [
    '-policy_check',
    ...acceptable.flatMap((oid) => ['-policy', oid]),
    ...(requireExplicitPolicy === true || inputs.acceptable !== undefined ? ['-explicit_policy'] : []),
    ...(inhibitPolicyMapping === true ? ['-inhibit_map'] : []),
    ...(inhibitAnyPolicy === true ? ['-inhibit_any'] : []),
  ]
  const { status } = spawnSync('openssl', [
    'verify',
    '-attime',
    String(NOW_MS / 1000),
    ...flags,
    '-CAfile',
    save('root.pem', [root.certificate]),
    ...(chain.length > 1 ? ['-untrusted', save('between.pem', chain.slice(0, -1))] : []),
    save('leaf.pem', chain.slice(-1)),
  ])
  return status === 0
}

const missing = spawnSync('openssl', ['ecparam', '-list_curves'], { encoding: 'utf8' }).stdout?.includes(
  'SM2',
)
  ? ''
  : 'no OpenSSL with SM2 is installed'

describe.skipIf(missing !== '')(`OpenSSL on policies${missing && ` (skipped: ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'anqu-policies-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const ours = (chain: readonly Certificate[], inputs: PolicyInputs): boolean =>
    checkPolicies([...chain.toReversed(), root.certificate], inputs) === undefined

  test.each(policyCases.map((one) => [one.name, one] as const))('%s', async (_, { links, verdicts }) => {
    const chain = await policyChain(root, links, new Uint8Array())
    for (const [inputs, ok] of verdicts) expect([inputs, judge(folder, chain, inputs)]).toEqual([inputs, ok])
  })

  test('random chains get the same verdict from both', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(linkOf, { minLength: 1, maxLength: 5 }), inputsOf, async (drawn, inputs) => {
        const links = drawn.map((link, index) => ({
          ...link,
          map: index < drawn.length - 1 ? sound(link) : undefined,
        }))
        const chain = await policyChain(root, links, new Uint8Array())
        expect(ours(chain, inputs)).toBe(judge(folder, chain, inputs))
      }),
      { numRuns: 300 },
    )
  }, 120_000)
})
