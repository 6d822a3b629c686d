import {
  derContextTag,
  derExplicit,
  derImplicit,
  derSequence,
  type DerReader,
  type DerValue,
} from '@anqu/encoding'
import { PkiError } from '../pki-error.ts'
import { readReasonSet, reasonSetToDer, type ReasonSet } from './reason-set.ts'
import { generalNameKey, generalNameToDer, readGeneralNames, type GeneralName } from '../name/general-name.ts'
import { nameKey, readRelativeName, relativeNameToDer, type Name } from '../name/name.ts'

/** RFC 5280 section 4.2.1.13: how a place that holds a list is named. */
export type PointName =
  | { readonly kind: 'full'; readonly names: readonly GeneralName[] }
  /** One relative name below the name of whoever signs the list. */
  | { readonly kind: 'relative'; readonly name: Name }

/** One place of a certificate where the list that speaks for it is found. */
export interface DistributionPoint {
  readonly name?: PointName
  /** Absent: the list there holds all reasons. */
  readonly reasons?: ReasonSet
  /** Names of the signer of the list where that is not the issuer of the certificate. */
  readonly crlIssuer?: readonly GeneralName[]
}

const context = (number: number): number => derContextTag(number, 'constructed')

/** Reads the content of a DistributionPointName's explicit tag. */
export function readPointName(field: DerReader): PointName {
  const full = field.optionalConstructed(context(0), 'fullName')
  if (full) {
    const names = readGeneralNames(full)
    field.end()
    return { kind: 'full', names }
  }
  const name = readRelativeName(field.constructed(context(1), 'nameRelativeToCRLIssuer'))
  field.end()
  return { kind: 'relative', name }
}

function readDistributionPoint(list: DerReader): DistributionPoint {
  const point = list.sequence('distributionPoint')
  const field = point.optionalConstructed(context(0), 'distributionPoint')
  const name = field ? readPointName(field) : undefined
  const reasonsTag = derContextTag(1, 'primitive')
  const reasons = point.peek() === reasonsTag ? readReasonSet(point, reasonsTag) : undefined
  const issuer = point.optionalConstructed(context(2), 'cRLIssuer')
  const crlIssuer = issuer ? readGeneralNames(issuer) : undefined
  point.end()
  // A point of reasons alone leads nowhere.
  if (!name && !crlIssuer) point.fail('distributionPoint', 'a name or a signer of lists')
  return {
    ...(name ? { name } : {}),
    ...(reasons === undefined ? {} : { reasons }),
    ...(crlIssuer ? { crlIssuer } : {}),
  }
}

const MAX_POINTS = 256

/** The points of an entered CRLDistributionPoints or FreshestCRL. */
export function readPoints(list: DerReader): DistributionPoint[] {
  const points: DistributionPoint[] = []
  do {
    if (points.length >= MAX_POINTS) list.fail('distributionPoint', `at most ${MAX_POINTS} points`)
    points.push(readDistributionPoint(list))
  } while (!list.done)
  return points
}

/** URLs of a point that holds a list of the issuer itself. */
export function pointUrls({ name, crlIssuer }: DistributionPoint): string[] {
  if (name?.kind !== 'full' || crlIssuer) return []
  return name.names.flatMap((found) => (found.kind === 'uri' ? [found.value] : []))
}

/** The content of a DistributionPointName's explicit tag. */
export function pointNameToDer(name: PointName): DerValue {
  if (name.kind === 'full') return derExplicit(0, ...name.names.map(generalNameToDer))
  return derImplicit(1, relativeNameToDer(name.name))
}

export function pointToDer({ name, reasons, crlIssuer }: DistributionPoint): DerValue {
  // A point of reasons alone leads nowhere (RFC 5280 section 4.2.1.13).
  if (!name && !crlIssuer?.length) throw new PkiError('extension', 'a distribution point without a name')
  return derSequence(
    ...(name ? [derExplicit(0, pointNameToDer(name))] : []),
    ...(reasons === undefined ? [] : [derImplicit(1, reasonSetToDer(reasons))]),
    ...(crlIssuer ? [derExplicit(2, ...crlIssuer.map(generalNameToDer))] : []),
  )
}

/** A point that is named by one URL. */
export function urlPointToDer(value: string): DerValue {
  return pointToDer({ name: { kind: 'full', names: [{ kind: 'uri', value }] } })
}

/** Texts that are equal for equal names; a relative name is completed by the name of the signer. */
export function pointKeys(name: PointName, signer: Name): string[] {
  if (name.kind === 'full') return name.names.map(generalNameKey)
  return [`directory ${nameKey([...signer, ...name.name])}`]
}
