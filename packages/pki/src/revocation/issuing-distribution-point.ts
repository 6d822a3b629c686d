import {
  derContextTag,
  derBoolean,
  derExplicit,
  derImplicit,
  derSequence,
  type DerReader,
  type DerValue,
} from '@anqu/encoding'
import { pointNameToDer, readPointName, type PointName } from './distribution-point.ts'
import type { GeneralName } from '../name/general-name.ts'
import type { Name } from '../name/name.ts'
import { readReasonSet, reasonSetToDer, type ReasonSet } from './reason-set.ts'

/** Which certificates a list speaks for (RFC 5280 section 5.2.5). */
export interface CrlScope {
  /** URLs of the shard; a certificate belongs to it when one of its own distribution points is among them. */
  readonly urls: readonly string[]
  readonly only: 'all' | 'end-entities' | 'authorities' | 'attribute-certificates'
  /** Names of the shard that are no URLs. */
  readonly names?: readonly GeneralName[]
  /** Name of the shard below the name of its signer. */
  readonly relative?: Name
  /** Absent: all of them. */
  readonly reasons?: ReasonSet
  /** Holds certificates of other issuers too. */
  readonly indirect?: true
}

const primitive = (number: number): number => derContextTag(number, 'primitive')
const flags = { 'end-entities': 1, authorities: 2, 'attribute-certificates': 5 } as const

/** The name of the shard as certificates give it, undefined for a list without shards. */
export function scopeName({ urls, names, relative }: CrlScope): PointName | undefined {
  if (relative) return { kind: 'relative', name: relative }
  const all = [...urls.map((value) => ({ kind: 'uri', value }) as const), ...(names ?? [])]
  return all.length > 0 ? { kind: 'full', names: all } : undefined
}

export function crlScopeToDer(scope: CrlScope): DerValue {
  const fields: DerValue[] = []
  const name = scopeName(scope)
  if (name) fields.push(derExplicit(0, pointNameToDer(name)))
  const { only, reasons, indirect } = scope
  if (only === 'end-entities' || only === 'authorities')
    fields.push(derImplicit(flags[only], derBoolean(true)))
  if (reasons !== undefined) fields.push(derImplicit(3, reasonSetToDer(reasons)))
  if (indirect) fields.push(derImplicit(4, derBoolean(true)))
  if (only === 'attribute-certificates') fields.push(derImplicit(flags[only], derBoolean(true)))
  return derSequence(...fields)
}

function readTrue(reader: DerReader, number: number, field: string): boolean {
  const element = reader.optional(primitive(number), field)
  if (!element) return false
  if (element.content.length !== 1 || element.content[0] !== 0xff) reader.fail(field, 'TRUE, or nothing')
  return true
}

function ofName(name: PointName | undefined): Pick<CrlScope, 'urls' | 'names' | 'relative'> {
  if (!name) return { urls: [] }
  if (name.kind === 'relative') return { urls: [], relative: name.name }
  const urls = name.names.flatMap((found) => (found.kind === 'uri' ? [found.value] : []))
  const names = name.names.filter(({ kind }) => kind !== 'uri')
  return names.length > 0 ? { urls, names } : { urls }
}

export function readCrlScope(reader: DerReader): CrlScope {
  const fields = reader.sequence('issuingDistributionPoint')
  const field = fields.optionalConstructed(derContextTag(0, 'constructed'), 'distributionPoint')
  const name = ofName(field ? readPointName(field) : undefined)
  const endEntities = readTrue(fields, 1, 'onlyContainsUserCerts')
  const authorities = readTrue(fields, 2, 'onlyContainsCACerts')
  const reasons = fields.peek() === primitive(3) ? readReasonSet(fields, primitive(3)) : undefined
  const indirect = readTrue(fields, 4, 'indirectCRL')
  const attributes = readTrue(fields, 5, 'onlyContainsAttributeCerts')
  fields.end()
  const kinds = [endEntities, authorities, attributes].filter(Boolean).length
  if (kinds > 1) fields.fail('onlyContains', 'one kind of certificates')
  const only = endEntities
    ? 'end-entities'
    : authorities
      ? 'authorities'
      : attributes
        ? 'attribute-certificates'
        : 'all'
  return {
    ...name,
    only,
    ...(reasons === undefined ? {} : { reasons }),
    ...(indirect ? { indirect } : {}),
  }
}
