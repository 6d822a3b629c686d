import { bytesToHex } from '@anqu/encoding'
import { randomBytes, sm3 } from '@anqu/gm-crypto'
import { certIdOf, createOcspRequest, keyIdentifier, ocspRequestToPath, type Certificate } from '@anqu/pki'
import { theirMessages, theirs } from '@anqu/pki/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { profileLimits, type ProfileName } from '../profiles/profiles.ts'
import { caTestUrl } from '../testing/ca-world.ts'
import { IssuedByCa } from './issued-by-ca.ts'

/** @peculiar/asn1-* reads what the CA really issues and publishes: every field is what the profile and the order say. */
let issued: IssuedByCa
beforeAll(async () => {
  issued = await IssuedByCa.open()
}, 180_000)
afterAll(() => issued.close())

const places = (name: string): RegExp => new RegExp(`^uri:${caTestUrl}/${name}$`)
const sorted = (names: readonly string[]): string[] =>
  names.map((name) => (name === 'cRLSign' ? 'crlSign' : name)).toSorted()

function expectCommon({ raw, serialHex, publicKey }: Certificate, issuer: Certificate): void {
  expect(theirs.certificate(raw)).toMatchObject({
    version: 3,
    serial: serialHex,
    algorithms: ['1.2.156.10197.1.501', '1.2.156.10197.1.501'],
    issuer: theirs.certificate(issuer.raw)['subject'],
    publicKey: `1.2.840.10045.2.1 06082a811ccf5501822d ${bytesToHex(publicKey.bytes)}`,
    extensions: {
      '2.5.29.14': bytesToHex(keyIdentifier(publicKey)),
      '2.5.29.35': bytesToHex(keyIdentifier(issuer.publicKey)),
    },
  })
}

const asked = Object.keys(profileLimits).filter((name) => name !== 'ocsp-signing') as ProfileName[] // its keys

describe('certificates', () => {
  test.each(asked)('%s', (name) => {
    const certificate = issued.byProfile.get(name)
    if (!certificate) throw new Error(`${name} was not issued`)
    expectCommon(certificate, issued.issuing)
    const { fixed, first } = profileLimits[name]
    const read = theirs.certificate(certificate.raw)
    const found = read['extensions']
    expect(found).toMatchObject({
      '2.5.29.15': { critical: sorted(first.keyUsage) },
      '2.5.29.19': { critical: { ca: false } },
      '2.5.29.31': [{ name: [expect.stringMatching(places('crl/.+\\.crl'))] }],
      '2.5.29.46': [{ name: [expect.stringMatching(places('crl/.+-delta\\.crl'))] }],
      '1.3.6.1.5.5.7.1.1': [
        `1.3.6.1.5.5.7.48.1 uri:${caTestUrl}/ocsp`,
        `1.3.6.1.5.5.7.48.2 uri:${caTestUrl}/ca/issuing.cer`,
      ],
      ...(fixed.extKeyUsage && { '2.5.29.37': fixed.extKeyUsage }),
      ...(fixed.policies && { '2.5.29.32': fixed.policies }),
      ...(fixed.subjectAltNames && {
        '2.5.29.17': fixed.subjectAltNames.map(
          (alternative) => `dns:${String('value' in alternative && alternative.value)}`,
        ),
      }),
    })
    const optional = [fixed.extKeyUsage, fixed.policies, fixed.subjectAltNames].filter(Boolean).length
    expect(Object.keys(found ?? {})).toHaveLength(7 + optional)
    expect(Number(read['notAfterMs']) - Number(read['notBeforeMs'])).toBeLessThanOrEqual(
      (first.validDays + 1) * 86_400_000,
    )
    // 126 random bits: nobody can choose what is signed.
    expect(String(read['serial'])).toMatch(/^[4-7][0-9a-f]{31}$/)
  })

  test('root, issuing CA and the key that signs its answers', () => {
    expectCommon(issued.root, issued.root)
    expectCommon(issued.issuing, issued.root)
    expectCommon(issued.service, issued.issuing)
    const usage = { '2.5.29.15': { critical: ['crlSign', 'keyCertSign'] } }
    expect(theirs.certificate(issued.root.raw)['extensions']).toMatchObject({
      ...usage,
      '2.5.29.19': { critical: { ca: true } },
    })
    expect(theirs.certificate(issued.issuing.raw)['extensions']).toMatchObject({
      ...usage,
      '2.5.29.19': { critical: { ca: true, pathLength: 0 } },
      '2.5.29.31': [{ name: [`uri:${caTestUrl}/crl/root.crl`] }],
    })
  })
})

test('lists: that of the root, a shard and its delta list', async () => {
  const certificate = await issued.customer()
  await issued.change('revoke', certificate)
  const [root, full, delta] = (await issued.listsOf(certificate)).map((der) => theirs.revocationList(der))
  const shard = certificate.extensions.crlUrls?.[0] ?? ''
  const scope = { name: [`uri:${shard}`], attributeCerts: false, indirect: false }
  expect(root).toMatchObject({
    issuer: theirs.certificate(issued.root.raw)['subject'],
    revoked: [],
    extensions: { '2.5.29.28': { critical: { caCerts: true, userCerts: false } } },
  })
  expect(full).toMatchObject({ extensions: { '2.5.29.28': { critical: scope } } })
  expect(delta).toMatchObject({
    issuer: theirs.certificate(issued.issuing.raw)['subject'],
    revoked: [{ serial: certificate.serialHex, '2.5.29.21': 'keyCompromise' }],
    extensions: { '2.5.29.28': { critical: scope }, '2.5.29.27': { critical: expect.any(Number) } },
  })
  const numberOf = (list: typeof full): number =>
    Number((list?.['extensions'] as Record<string, theirs.Plain> | undefined)?.['2.5.29.20']) // as it is read
  expect(numberOf(delta)).toBeGreaterThan(numberOf(full))
})

test('status answers: with a nonce, by GET, signed by a delegate that need not be asked about', async () => {
  const certificate = issued.byProfile.get('customer-signing')
  if (!certificate) throw new Error('not issued')
  const nonce = randomBytes(32)
  const certIds = [certIdOf(issued.issuing, certificate.serial)]
  const answer = theirMessages.ocspAnswer(
    await issued.ocsp(certificate, createOcspRequest({ certIds, nonce })),
  )
  const id = {
    hash: '1.2.156.10197.1.401',
    name: bytesToHex(sm3(issued.issuing.subjectDer)),
    key: bytesToHex(sm3(issued.issuing.publicKey.bytes)),
    serial: certificate.serialHex,
  }
  expect(answer).toMatchObject({
    status: 0,
    answers: [{ id, state: 'good' }],
    extensions: { '1.3.6.1.5.5.7.48.1.2': `0420${bytesToHex(nonce)}` },
    algorithm: '1.2.156.10197.1.501',
    certificates: [
      {
        issuer: theirs.certificate(issued.issuing.raw)['subject'],
        extensions: {
          '2.5.29.37': ['1.3.6.1.5.5.7.3.9'],
          '2.5.29.15': { critical: ['digitalSignature'] },
          '1.3.6.1.5.5.7.48.1.5': '0500',
        },
      },
    ],
  })
  const path = ocspRequestToPath(createOcspRequest({ certIds }))
  const got = theirMessages.ocspAnswer(await issued.fetched(`${caTestUrl}/ocsp/${path}`))
  expect(got).toMatchObject({ status: 0, answers: [{ id, state: 'good' }], extensions: {} })
})
