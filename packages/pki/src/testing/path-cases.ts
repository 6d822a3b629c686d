import type { ChainRule, GeneralName, Name, NameConstraints } from '../index.ts'
import { country, type PathCase, type PathLink } from './path-chain.ts'
import { NOW_MS } from './test-chain.ts'

/**
 * Cases after sections 4.1 to 4.3, 4.5 to 4.7, 4.13 and 4.16 of NIST's PKITS, rebuilt with SM2 keys; the number says which of
 * its tests a case follows. Not rebuilt: DSA parameters (4.1.4 to 4.1.6), unique identifiers (4.3.6), which version 3
 * certificates here do not have, CAs whose basic constraints or key usage are not critical (4.6.4, 4.7.3), which are not issued
 * here, and revocation during a change of keys (4.5.2, 4.5.5, 4.5.7). 4.7.4 and 4.7.5 are in crl-scope.test.ts.
 */
const one = (name: string, links: readonly PathLink[], verdict: 'valid' | ChainRule): PathCase => ({
  name,
  links,
  verdict,
})
const ca: PathLink = {}
const end: PathLink = {}
const text = (value: string): Name => [country, { type: 'O', value: 'Anqu' }, { type: 'CN', value }]

const signatures = [
  one('4.1.1 right signatures', [ca, end], 'valid'),
  one('4.1.2 a CA with a wrong signature', [{ wrongSignature: true }, end], 'signature'),
  one('4.1.3 an end entity with a wrong signature', [ca, { wrongSignature: true }], 'signature'),
]

const later = NOW_MS + 86_400_000
const validity = [
  one('4.2.1 a CA that is not valid yet', [{ notBeforeMs: later }, end], 'not-yet-valid'),
  one('4.2.2 an end entity that is not valid yet', [ca, { notBeforeMs: later }], 'not-yet-valid'),
  one('4.2.3 valid since 1950', [ca, { notBeforeMs: Date.UTC(1950, 0, 1) }], 'valid'),
  one('4.2.4 valid since a GeneralizedTime', [ca, { notBeforeMs: Date.UTC(1949, 0, 1) }], 'valid'),
  one(
    '4.2.5 a CA that has expired',
    [{ notAfterMs: NOW_MS - 1000 }, { notAfterMs: NOW_MS - 1000 }],
    'expired',
  ),
  one('4.2.6 an end entity that has expired', [ca, { notAfterMs: NOW_MS - 1000 }], 'expired'),
  one(
    '4.2.7 expired before 2000',
    [ca, { notBeforeMs: Date.UTC(1997, 0, 1), notAfterMs: Date.UTC(1999, 0, 1) }],
    'expired',
  ),
  one(
    '4.2.8 valid until a GeneralizedTime',
    [{ notAfterMs: Date.UTC(2060, 0, 1) }, { notAfterMs: Date.UTC(2055, 0, 1) }],
    'valid',
  ),
  one(
    'not valid before a GeneralizedTime',
    [ca, { notBeforeMs: Date.UTC(2050, 0, 1), notAfterMs: Date.UTC(2051, 0, 1) }],
    'not-yet-valid',
  ),
]

/** The same text as a PrintableString. */
const printable = (value: string): string =>
  `#13${value.length.toString(16).padStart(2, '0')}${Buffer.from(value).toString('hex')}`

const names = [
  one('4.3.1 an issuer of another name', [ca, { issuerName: text('CA 1') }], 'issuer-unknown'),
  one(
    '4.3.2 the attributes in another order',
    [{ name: text('CA') }, { issuerName: text('CA').toReversed() }],
    'issuer-unknown',
  ),
  one('4.3.3 white space inside', [{ name: text('one CA') }, { issuerName: text('one   CA') }], 'valid'),
  one('4.3.4 white space around', [{ name: text('one CA') }, { issuerName: text(' one CA ') }], 'valid'),
  one('4.3.5 other letter case', [{ name: text('One CA') }, { issuerName: text('oNE ca') }], 'valid'),
  one(
    '4.3.7 attributes of RFC 5280',
    [
      {
        name: [
          country,
          { type: 'DC', value: 'test' },
          { type: 'ST', value: 'a' },
          { type: 'serialNumber', value: '7' },
          { type: '2.5.4.46', value: 'q' },
        ],
      },
      end,
    ],
    'valid',
  ),
  one(
    '4.3.8 further attributes of RFC 5280',
    [
      {
        name: [
          { type: 'L', value: 'a' },
          { type: 'title', value: 'b' },
          { type: 'SN', value: 'c' },
          { type: 'GN', value: 'd' },
          { type: '2.5.4.43', value: 'e' },
          { type: '2.5.4.65', value: 'f' },
          { type: '2.5.4.44', value: 'g' },
        ],
      },
      end,
    ],
    'valid',
  ),
  one('4.3.9 names in UTF-8', [{ name: text('张三') }, end], 'valid'),
  one(
    '4.3.10 from PrintableString to UTF8String',
    [{ name: text('One CA') }, { issuerName: text(printable('One CA')) }],
    'valid',
  ),
  one('4.3.11 letter case in UTF-8', [{ name: text('One CA Ω') }, { issuerName: text('one ca Ω') }], 'valid'),
]

const selfIssued = [
  one('4.5.1 the old key under the new one', [ca, { selfIssued: true }, end], 'valid'),
  one(
    '4.5.8 a key for lists signs a certificate',
    [ca, { selfIssued: true, keyUsage: ['cRLSign'] }, end],
    'key-usage',
  ),
]

const limit = (pathLength: number, more: PathLink = {}): PathLink => ({ pathLength, ...more })
const constraints = [
  one('4.6.1 a CA without basic constraints', [{ ca: 'unsaid', keyUsage: ['keyCertSign'] }, end], 'not-a-ca'),
  one('4.6.2 a CA that says that it is none', [{ ca: false, keyUsage: ['keyCertSign'] }, end], 'not-a-ca'),
  one('4.6.5 a CA below a path length of zero', [limit(0), ca, end], 'path-length'),
  one('4.6.6 a CA as end entity below a path length of zero', [limit(0), ca, { ca: true }], 'path-length'),
  one('4.6.7 an end entity below a path length of zero', [limit(0), end], 'valid'),
  one('4.6.8 a CA as the last certificate below a path length of zero', [limit(0), { ca: true }], 'valid'),
  one('4.6.9 six, zero, and a CA below', [limit(6), limit(0), ca, end], 'path-length'),
  one('4.6.11 six, six, zero, and two CAs', [limit(6), limit(6), limit(0), ca, end], 'path-length'),
  one('4.6.13 six, four, one', [limit(6), limit(4), limit(1), ca, end], 'valid'),
  one('4.6.13 six, four, one, exhausted', [limit(6), limit(4), limit(1), ca, ca, end], 'path-length'),
  one('4.6.15 a self-issued CA does not count', [limit(0), { selfIssued: true }, end], 'valid'),
  one(
    '4.6.16 a self-issued CA does not hide the next',
    [limit(0), { selfIssued: true, pathLength: 0 }, ca, end],
    'path-length',
  ),
  one(
    '4.6.17 self-issued CAs on two levels',
    [limit(1), { selfIssued: true }, limit(0), { selfIssued: true }, end],
    'valid',
  ),
]

const keyUsage = [
  one(
    '4.7.1 a CA that may not sign certificates',
    [{ keyUsage: ['cRLSign', 'digitalSignature'] }, end],
    'key-usage',
  ),
  one('4.7.2 the same one further down', [ca, { keyUsage: ['cRLSign'] }, end], 'key-usage'),
]

const privateExtensions = [
  one('4.16.1 an unknown extension', [ca, { unknown: 'plain' }], 'valid'),
  one('4.16.1 an unknown extension of a CA', [{ unknown: 'plain' }, end], 'valid'),
  one('4.16.2 an unknown critical extension', [ca, { unknown: 'critical' }], 'critical-extension'),
  one('4.16.2 an unknown critical extension of a CA', [{ unknown: 'critical' }, end], 'critical-extension'),
]

const bound = (part: Partial<NameConstraints>, more: PathLink = {}): PathLink => ({
  ...more,
  extensions: { nameConstraints: { permitted: [], excluded: [], ...part } },
})
const within = (...attributes: string[]): GeneralName => ({
  kind: 'directory',
  value: [country, ...attributes.map((value) => ({ type: 'OU', value }))],
})
const named = (...attributes: string[]): PathLink => ({
  name: [country, ...attributes.map((value) => ({ type: 'OU', value })), { type: 'CN', value: 'end entity' }],
})
const also = (link: PathLink, ...subjectAltNames: GeneralName[]): PathLink => ({
  ...link,
  extensions: { subjectAltNames },
})
const alone = (...subjectAltNames: GeneralName[]): PathLink => ({
  name: [country, { type: 'CN', value: 'x' }],
  extensions: { subjectAltNames },
})
const dns = (value: string): GeneralName => ({ kind: 'dns', value })
const email = (value: string): GeneralName => ({ kind: 'email', value })
const uri = (value: string): GeneralName => ({ kind: 'uri', value })
const mailName = (value: string): PathLink => ({ name: [country, { type: 'emailAddress', value }] })
const no = 'name-constraints'

const directories = [
  one('4.13.1 inside a permitted tree', [bound({ permitted: [within('a')] }), named('a')], 'valid'),
  one('4.13.2 outside a permitted tree', [bound({ permitted: [within('a')] }), named('b')], no),
  one(
    '4.13.3 an alternative name outside',
    [bound({ permitted: [within('a')] }), also(named('a'), within('b'))],
    no,
  ),
  one(
    '4.13.4 an alternative name inside',
    [bound({ permitted: [within('a')] }), also(named('a'), within('a', 'c'))],
    'valid',
  ),
  one(
    '4.13.5 one of several permitted trees',
    [bound({ permitted: [within('b'), within('a')] }), named('a')],
    'valid',
  ),
  one('4.13.6 outside an excluded tree', [bound({ excluded: [within('a')] }), named('b')], 'valid'),
  one('4.13.7 inside an excluded tree', [bound({ excluded: [within('a')] }), named('a')], no),
  one(
    '4.13.9 inside the second of two excluded trees',
    [bound({ excluded: [within('b'), within('a')] }), named('a')],
    no,
  ),
  one(
    '4.13.11 permitted, and excluded below',
    [bound({ permitted: [within('a')], excluded: [within('a', 'c')] }), named('a', 'd')],
    'valid',
  ),
  one(
    '4.13.12 permitted, and excluded below',
    [bound({ permitted: [within('a')], excluded: [within('a', 'c')] }), named('a', 'c')],
    no,
  ),
  one(
    '4.13.13 a narrower tree below',
    [
      bound({ permitted: [within('a')] }),
      bound({ permitted: [within('a', 'c')] }, named('a')),
      named('a', 'd'),
    ],
    no,
  ),
  one(
    '4.13.14 inside the narrower tree',
    [
      bound({ permitted: [within('a')] }),
      bound({ permitted: [within('a', 'c')] }, named('a')),
      named('a', 'c'),
    ],
    'valid',
  ),
  one(
    '4.13.15 a second tree excluded below',
    [bound({ excluded: [within('a')] }), bound({ excluded: [within('b')] }, named('c')), named('a')],
    no,
  ),
  one(
    '4.13.17 a wider tree below does not widen',
    [
      bound({ permitted: [within('a', 'c')] }),
      bound({ permitted: [within('a')] }, named('a', 'c')),
      named('a', 'd'),
    ],
    no,
  ),
  one(
    '4.13.19 a self-issued CA is exempt',
    [bound({ permitted: [within('a')] }), { selfIssued: true }, named('a')],
    'valid',
  ),
  one(
    '4.13.20 a self-issued end entity is not',
    [bound({ permitted: [within('a')] }), { selfIssued: true }],
    no,
  ),
]

const others = [
  one(
    '4.13.21 a mail box of a permitted host',
    [bound({ permitted: [email('test.cn')] }), alone(email('a@test.cn'))],
    'valid',
  ),
  one(
    '4.13.22 a mail box of another host',
    [bound({ permitted: [email('test.cn')] }), alone(email('a@mail.test.cn'))],
    no,
  ),
  one(
    '4.13.23 a mail box of a permitted domain',
    [bound({ permitted: [email('.test.cn')] }), alone(email('a@mail.test.cn'))],
    'valid',
  ),
  one(
    '4.13.24 a mail box of the domain itself',
    [bound({ permitted: [email('.test.cn')] }), alone(email('a@test.cn'))],
    no,
  ),
  one(
    '4.13.25 a mail box outside an excluded host',
    [bound({ excluded: [email('test.cn')] }), alone(email('a@mail.test.cn'))],
    'valid',
  ),
  one(
    '4.13.26 a mail box of an excluded host',
    [bound({ excluded: [email('test.cn')] }), alone(email('a@test.cn'))],
    no,
  ),
  one(
    '4.13.27 directory and mail box inside',
    [bound({ permitted: [within('a'), email('test.cn')] }), also(named('a'), email('a@test.cn'))],
    'valid',
  ),
  one(
    '4.13.28 a mail box outside, the directory inside',
    [bound({ permitted: [within('a'), email('test.cn')] }), also(named('a'), email('a@other.cn'))],
    no,
  ),
  one(
    '4.13.29 a mail box in the subject',
    [bound({ permitted: [email('test.cn')] }), mailName('a@other.cn')],
    no,
  ),
  one(
    '4.13.30 a permitted host',
    [bound({ permitted: [dns('test.cn')] }), alone(dns('a.b.test.cn'))],
    'valid',
  ),
  one('4.13.31 another host', [bound({ permitted: [dns('test.cn')] }), alone(dns('a.other.cn'))], no),
  one(
    '4.13.32 a host outside an excluded tree',
    [bound({ excluded: [dns('test.cn')] }), alone(dns('other.cn'))],
    'valid',
  ),
  one(
    '4.13.33 a host of an excluded tree',
    [bound({ excluded: [dns('test.cn')] }), alone(dns('a.test.cn'))],
    no,
  ),
  one(
    '4.13.34 an address of a permitted domain',
    [bound({ permitted: [uri('.test.cn')] }), alone(uri('http://a.test.cn/x'))],
    'valid',
  ),
  one(
    '4.13.35 an address of another domain',
    [bound({ permitted: [uri('.test.cn')] }), alone(uri('http://test.org/x'))],
    no,
  ),
  one(
    '4.13.36 an address outside an excluded host',
    [bound({ excluded: [uri('test.cn')] }), alone(uri('http://a.test.cn/'))],
    'valid',
  ),
  one(
    '4.13.37 an address of an excluded host',
    [bound({ excluded: [uri('test.cn')] }), alone(uri('ftp://test.cn:21/x'))],
    no,
  ),
  one(
    '4.13.38 a host whose name only ends alike',
    [bound({ permitted: [dns('test.cn')] }), alone(dns('mytest.cn'))],
    no,
  ),
  one(
    'an address without a host under a permitted tree',
    [bound({ permitted: [uri('.test.cn')] }), alone(uri('urn:uuid:0'))],
    no,
  ),
  one(
    'an address without a host under an excluded tree',
    [bound({ excluded: [uri('.test.cn')] }), alone(uri('urn:uuid:0'))],
    no,
  ),
  one(
    'an address that is a number under an excluded tree',
    [bound({ excluded: [uri('.test.cn')] }), alone(uri('http://127.0.0.1/'))],
    no,
  ),
  one(
    'a number inside a permitted net',
    [
      bound({ permitted: [{ kind: 'ip', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) }] }),
      alone({ kind: 'ip', value: Uint8Array.of(10, 1, 2, 3) }),
    ],
    'valid',
  ),
  one(
    'a number outside a permitted net',
    [
      bound({ permitted: [{ kind: 'ip', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) }] }),
      alone({ kind: 'ip', value: Uint8Array.of(11, 1, 2, 3) }),
    ],
    no,
  ),
]

export const pathCases: readonly PathCase[] = [
  ...signatures,
  ...validity,
  ...names,
  ...selfIssued,
  ...constraints,
  ...keyUsage,
  ...directories,
  ...others,
  ...privateExtensions,
]
