import {
  DER_SEQUENCE,
  derBits,
  derBoolean,
  derConstructed,
  derContextTag,
  derExplicit,
  derNull,
  derOctets,
  derOid,
  DerReader,
  derRaw,
  derSequence,
  encodeDer,
  type DerValue,
} from '@anqu/encoding'
import { sm2SignatureToDer } from '@anqu/gm-crypto'
import type { DistributionPoint, Name, RevocationReason, Signer } from '../index.ts'
import { reasonSetOf } from '../revocation/reason-set.ts'
import { caName, otherName, type ListCase, type ListOf } from './list-world.ts'
import { NOW_MS } from './test-chain.ts'

/**
 * Cases after sections 4.4, 4.14 and 4.15 of NIST's PKITS, rebuilt with SM2 keys; the number says which of its tests a case
 * follows. Not rebuilt: 4.4.14 and 4.4.15, negative serial numbers, which are not DER of a positive one and are not read.
 */
const HOUR_MS = 3_600_000
const rootList: ListOf = { by: 'root' }
const URL = 'http://crl.test/1'

const full = (...urls: string[]): DistributionPoint => ({
  name: { kind: 'full', names: urls.map((value) => ({ kind: 'uri', value })) },
})
const directory = (value: Name): DistributionPoint => ({
  name: { kind: 'full', names: [{ kind: 'directory', value }] },
})
const relative: Name = [{ type: 'CN', value: 'shard 7' }]
const below: Name = [...caName, ...relative]
const reasons = (...names: RevocationReason[]): number => reasonSetOf(names)
const FIRST = reasons('keyCompromise', 'cACompromise')
const REST = reasons(
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
)

/** Everything a list signed, once more with other members. */
async function anew(
  der: Uint8Array,
  signer: Signer,
  edit: (members: DerValue[]) => void,
): Promise<Uint8Array> {
  const whole = DerReader.over(der, 'list').sequence('list')
  const tbs = whole.enter(whole.element(DER_SEQUENCE, 'tbs'), 'tbs')
  const members: DerValue[] = []
  while (!tbs.done) members.push(derRaw(tbs.any('member').raw))
  edit(members)
  const signed = encodeDer(derSequence(...members))
  const signature = sm2SignatureToDer(await signer.sign(signed))
  return encodeDer(
    derSequence(derRaw(signed), derRaw(whole.element(DER_SEQUENCE, 'algorithm').raw), derBits(signature)),
  )
}

const unknown = derSequence(derOid('2.25.7'), derBoolean(true), derOctets(encodeDer(derNull())))

/** A critical extension that nobody knows, added to the list or to each of its entries. */
const withUnknown =
  (where: 'list' | 'entries') =>
  (der: Uint8Array, signer: Signer): Promise<Uint8Array> =>
    anew(der, signer, (members) => {
      const at = where === 'list' ? members.length - 1 : members.length - 2
      const member = DerReader.over(encodeDer(members[at] ?? derNull()), 'member')
      const outer =
        where === 'list'
          ? member.constructed(derContextTag(0, 'constructed'), 'tag').sequence('list')
          : member.sequence('entries')
      const items: DerValue[] = []
      while (!outer.done)
        items.push(
          where === 'list' ? derRaw(outer.any('item').raw) : entryWithUnknown(outer.sequence('entry')),
        )
      members[at] =
        where === 'list'
          ? derExplicit(0, derSequence(...items, unknown))
          : derConstructed(DER_SEQUENCE, items)
    })

function entryWithUnknown(entry: DerReader): DerValue {
  const [serial, time] = [derRaw(entry.any('serial').raw), derRaw(entry.any('time').raw)]
  return derSequence(serial, time, derSequence(unknown))
}

const flipped = (der: Uint8Array): Uint8Array => der.with(der.length - 4, (der.at(-4) ?? 0) ^ 1)

const one = (
  name: string,
  lists: readonly ListOf[],
  verdict: ListCase['verdict'],
  more: Partial<ListCase> = {},
): ListCase => ({
  name,
  lists: lists.some(({ by }) => by === 'root') ? lists : [rootList, ...lists],
  verdict,
  ...more,
})

const basic: readonly ListCase[] = [
  one('4.4.1 no list of the CA', [], 'refused'),
  one('4.4.2 a CA that was revoked', [{ by: 'root', revokes: ['ca'] }, { by: 'ca' }], 'revoked'),
  one('4.4.3 an end entity that was revoked', [{ by: 'ca', revokes: ['somebody', 'leaf'] }], 'revoked'),
  one('4.4.4 a list with a wrong signature', [{ by: 'ca', spoil: flipped }], 'refused'),
  one('4.4.5 and 4.4.6 a list of another issuer', [{ by: 'other' }], 'refused'),
  one('4.4.6 a list of another CA of the same name', [{ by: 'stranger' }], 'refused'),
  one(
    '4.4.7 a right list beside a wrong one',
    [{ by: 'stranger', revokes: ['leaf'] }, { by: 'ca' }],
    'valid',
  ),
  one(
    '4.4.8 an unknown critical extension of an entry',
    [{ by: 'ca', revokes: ['leaf'], spoil: withUnknown('entries') }],
    'refused',
  ),
  one(
    '4.4.9 an unknown critical extension of the list',
    [{ by: 'ca', spoil: withUnknown('list') }],
    'refused',
  ),
  one(
    '4.4.10 the same, and the certificate revoked',
    [{ by: 'ca', revokes: ['leaf'], spoil: withUnknown('list') }],
    'refused',
  ),
  one('4.4.11 a list that is out of date', [{ by: 'ca', nextUpdateMs: NOW_MS - 1000 }], 'refused'),
  one(
    '4.4.12 a list that went out of date before 2000',
    [{ by: 'ca', thisUpdateMs: Date.UTC(1998, 0, 1), nextUpdateMs: Date.UTC(1999, 0, 1) }],
    'refused',
  ),
  one('a list from the future', [{ by: 'ca', thisUpdateMs: NOW_MS + 60_000 }], 'refused'),
  one('4.4.13 a next update after 2049', [{ by: 'ca', nextUpdateMs: Date.UTC(2050, 0, 1) }], 'valid'),
  one('4.4.16 and 4.4.17 a serial number of 20 bytes', [{ by: 'ca', revokes: ['somebody'] }], 'valid', {
    leafSerial: Uint8Array.from({ length: 20 }, (_, at) => 0x7f - at),
  }),
  one('4.4.18 the same, revoked', [{ by: 'ca', revokes: ['leaf'] }], 'revoked', {
    leafSerial: Uint8Array.from({ length: 20 }, (_, at) => 0x7f - at),
  }),
  one('4.4.19 a key of its own for lists', [{ by: 'list-key' }], 'valid'),
  one('4.4.20 the same, the certificate revoked', [{ by: 'list-key', revokes: ['leaf'] }], 'revoked'),
  one(
    '4.4.21 the key for lists was revoked itself',
    [{ by: 'root', revokes: ['list-key'] }, { by: 'list-key' }],
    'refused',
  ),
]

const only = (kind: 'end-entities' | 'authorities' | 'attribute-certificates'): ListOf => ({
  by: 'ca',
  scope: { urls: [], only: kind },
})
const shard = (more: Partial<ListOf> = {}): ListOf => ({
  by: 'ca',
  scope: { urls: [URL], only: 'all' },
  ...more,
})
const named = (value: Name, more: Partial<ListOf> = {}): ListOf => ({
  by: 'ca',
  scope: { urls: [], only: 'all', names: [{ kind: 'directory', value }] },
  ...more,
})
const some = (set: number, more: Partial<ListOf> = {}): ListOf => ({
  by: 'ca',
  scope: { urls: [], only: 'all', reasons: set },
  ...more,
})

const points: readonly ListCase[] = [
  one('4.14.1 the list of the place the certificate names', [named(below)], 'valid', {
    leaf: { crlPoints: [directory(below)] },
  }),
  one('4.14.2 the same, revoked', [named(below, { revokes: ['leaf'] })], 'revoked', {
    leaf: { crlPoints: [directory(below)] },
  }),
  one('4.14.3 the list of another place', [named([...caName, { type: 'CN', value: 'shard 8' }])], 'refused', {
    leaf: { crlPoints: [directory(below)] },
  }),
  one('4.14.3 the list of another address', [shard()], 'refused', {
    leaf: { crlUrls: ['http://crl.test/2'] },
  }),
  one('4.14.4 a relative name in both', [{ by: 'ca', scope: { urls: [], only: 'all', relative } }], 'valid', {
    leaf: { crlPoints: [{ name: { kind: 'relative', name: relative } }] },
  }),
  one(
    '4.14.5 a relative name in the list',
    [{ by: 'ca', scope: { urls: [], only: 'all', relative } }],
    'valid',
    { leaf: { crlPoints: [directory(below)] } },
  ),
  one(
    '4.14.6 the same, revoked',
    [{ by: 'ca', scope: { urls: [], only: 'all', relative }, revokes: ['leaf'] }],
    'revoked',
    { leaf: { crlPoints: [directory(below)] } },
  ),
  one('4.14.7 a relative name in the certificate', [named(below)], 'valid', {
    leaf: { crlPoints: [{ name: { kind: 'relative', name: relative } }] },
  }),
  one('4.14.8 another relative name in the certificate', [named(below)], 'refused', {
    leaf: { crlPoints: [{ name: { kind: 'relative', name: [{ type: 'CN', value: 'shard 8' }] } }] },
  }),
  one('4.14.9 a list of a place for a certificate without one', [shard()], 'refused'),
  one('4.14.10 a list of everything for a certificate of a place', [{ by: 'ca' }], 'valid', {
    leaf: { crlUrls: [URL] },
  }),
  one(
    'one of several names of one place',
    [{ by: 'ca', scope: { urls: ['http://other.test/', URL], only: 'all' } }],
    'valid',
    { leaf: { crlPoints: [full(URL, 'http://third.test/')] } },
  ),
  one('one of several places', [shard({ revokes: ['leaf'] })], 'revoked', {
    leaf: { crlUrls: ['http://other.test/', URL] },
  }),
  one(
    '4.14.11 a list of end entities for a CA',
    [{ by: 'root', scope: { urls: [], only: 'end-entities' } }, { by: 'ca' }],
    'refused',
  ),
  one('4.14.12 a list of CAs for an end entity', [only('authorities')], 'refused'),
  one(
    '4.14.13 a list of CAs for a CA',
    [{ by: 'root', scope: { urls: [], only: 'authorities' } }, only('end-entities')],
    'valid',
  ),
  one('4.14.14 a list of attribute certificates', [only('attribute-certificates')], 'refused'),
  one('4.14.15 revoked in a list of some reasons', [some(FIRST, { revokes: ['leaf'] })], 'revoked'),
  one(
    '4.14.16 on hold in a list of some reasons',
    [some(REST, { revokes: ['leaf'], reason: 'certificateHold' })],
    'revoked',
  ),
  one('4.14.17 a list of some reasons alone', [some(FIRST)], 'refused'),
  one('4.14.18 lists that cover all reasons together', [some(FIRST), some(REST)], 'valid'),
  one(
    '4.14.19 the same by places of some reasons',
    [
      { by: 'ca', scope: { urls: [URL], only: 'all', reasons: FIRST } },
      { by: 'ca', scope: { urls: ['http://crl.test/2'], only: 'all', reasons: REST } },
    ],
    'valid',
    {
      leaf: {
        crlPoints: [
          { ...full(URL), reasons: FIRST },
          { ...full('http://crl.test/2'), reasons: REST },
        ],
      },
    },
  ),
  one('4.14.20 revoked in the first of them', [some(FIRST, { revokes: ['leaf'] }), some(REST)], 'revoked'),
  one(
    '4.14.21 revoked in the second of them',
    [some(FIRST), some(REST, { revokes: ['leaf'], reason: 'superseded' })],
    'revoked',
  ),
]

const INDIRECT = { urls: [], only: 'all', indirect: true } as const
const toOther: DistributionPoint = { crlIssuer: [{ kind: 'directory', value: otherName }] }
const asked = { leaf: { crlPoints: [toOther] } }

const indirect: readonly ListCase[] = [
  one('4.14.22 an indirect list of the CA itself', [{ by: 'ca', scope: INDIRECT }], 'valid'),
  one('4.14.23 the same, revoked', [{ by: 'ca', scope: INDIRECT, revokes: ['leaf'] }], 'revoked'),
  one(
    '4.14.23 the same, named with its issuer',
    [{ by: 'ca', scope: INDIRECT, revokes: ['leaf'], ofCa: true }],
    'revoked',
  ),
  one(
    '4.14.25 an indirect list of another signer',
    [{ by: 'other', scope: INDIRECT, ofCa: true, revokes: ['somebody'] }],
    'valid',
    asked,
  ),
  one('4.14.26 a list of another signer that is not indirect', [{ by: 'other' }], 'refused', asked),
  one(
    '4.14.27 an indirect list of somebody the certificate does not name',
    [{ by: 'other', scope: INDIRECT }],
    'refused',
  ),
  one(
    '4.14.31 revoked in an indirect list',
    [{ by: 'other', scope: INDIRECT, ofCa: true, revokes: ['leaf'] }],
    'revoked',
    asked,
  ),
  one(
    '4.14.33 the same serial number of another issuer',
    [{ by: 'other', scope: INDIRECT, revokes: ['leaf'] }],
    'valid',
    asked,
  ),
  one(
    '4.14.34 by the place and by the signer',
    [{ by: 'other', scope: { ...INDIRECT, urls: [URL] }, ofCa: true, revokes: ['leaf'] }],
    'revoked',
    { leaf: { crlPoints: [{ ...full(URL), ...toOther }] } },
  ),
  one(
    '4.14.35 an indirect list of another place',
    [{ by: 'other', scope: { ...INDIRECT, urls: ['http://crl.test/2'] }, ofCa: true }],
    'refused',
    { leaf: { crlPoints: [{ ...full(URL), ...toOther }] } },
  ),
]

const delta = (more: Partial<ListOf> = {}): ListOf => ({ by: 'ca', number: 6n, deltaBase: 5n, ...more })
const fresh = { leaf: { deltaCrlUrls: ['http://crl.test/delta'] } }

const deltas: readonly ListCase[] = [
  one('4.15.1 a delta list without a complete one', [delta()], 'refused', fresh),
  one('4.15.2 nothing changed', [{ by: 'ca' }, delta()], 'valid', fresh),
  one('4.15.3 revoked by the complete list', [{ by: 'ca', revokes: ['leaf'] }, delta()], 'revoked', fresh),
  one('4.15.4 revoked by the delta list', [{ by: 'ca' }, delta({ revokes: ['leaf'] })], 'revoked', fresh),
  one(
    '4.15.5 a hold that was lifted',
    [
      { by: 'ca', revokes: ['leaf'], reason: 'certificateHold' },
      delta({ revokes: ['leaf'], reason: 'removeFromCRL' }),
    ],
    'valid',
    fresh,
  ),
  one(
    '4.15.6 a hold that became final',
    [{ by: 'ca', revokes: ['leaf'], reason: 'certificateHold' }, delta({ revokes: ['leaf'] })],
    'revoked',
    fresh,
  ),
  one(
    '4.15.7 a delta list over an older complete list',
    [{ by: 'ca', number: 7n }, delta({ number: 8n, revokes: ['somebody'] })],
    'valid',
    fresh,
  ),
  one(
    '4.15.8 the same, revoked',
    [{ by: 'ca', number: 7n }, delta({ number: 8n, revokes: ['leaf'] })],
    'revoked',
    fresh,
  ),
  one(
    '4.15.9 a delta list over a newer complete list, the complete one out of date',
    [{ by: 'ca', number: 4n, nextUpdateMs: NOW_MS - HOUR_MS / 2 }, delta({ number: 6n })],
    'refused',
    fresh,
  ),
  one(
    '4.15.10 a delta list of another signer',
    [{ by: 'ca' }, { ...delta({ revokes: ['leaf'] }), by: 'stranger' }],
    'valid',
    fresh,
  ),
]

export const listCases: readonly ListCase[] = [...basic, ...points, ...indirect, ...deltas]
