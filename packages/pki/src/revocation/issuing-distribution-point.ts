import {
  derContextTag,
  derBoolean,
  derExplicit,
  derImplicit,
  derSequence,
  type DerReader,
  type DerValue,
} from '@anqu/encoding'
import { generalNameToDer, readGeneralNames } from '../name/general-name.ts'

/** Which certificates a list speaks for (RFC 5280 section 5.2.5). */
export interface CrlScope {
  /** URLs of the shard; a certificate belongs to it when one of its own distribution points is among them. */
  readonly urls: readonly string[]
  readonly only: 'all' | 'end-entities' | 'authorities'
}

const primitive = (number: number): number => derContextTag(number, 'primitive')

export function crlScopeToDer({ urls, only }: CrlScope): DerValue {
  const fields: DerValue[] = []
  if (urls.length > 0) {
    const names = urls.map((value) => generalNameToDer({ kind: 'uri', value }))
    fields.push(derExplicit(0, derExplicit(0, ...names)))
  }
  if (only !== 'all') fields.push(derImplicit(only === 'end-entities' ? 1 : 2, derBoolean(true)))
  return derSequence(...fields)
}

function readTrue(reader: DerReader, number: number, field: string): boolean {
  const element = reader.optional(primitive(number), field)
  if (!element) return false
  if (element.content.length !== 1 || element.content[0] !== 0xff) reader.fail(field, 'TRUE, or nothing')
  return true
}

/** ParseError on what is not supported: indirect lists, lists of some reasons only, lists of attribute certificates. */
export function readCrlScope(reader: DerReader): CrlScope {
  const fields = reader.sequence('issuingDistributionPoint')
  const name = fields.optionalConstructed(derContextTag(0, 'constructed'), 'distributionPoint')
  const full = name?.constructed(derContextTag(0, 'constructed'), 'fullName')
  const names = full ? readGeneralNames(full) : []
  name?.end()
  const endEntities = readTrue(fields, 1, 'onlyContainsUserCerts')
  const authorities = readTrue(fields, 2, 'onlyContainsCACerts')
  fields.end()
  if (endEntities && authorities) fields.fail('onlyContains', 'one kind of certificates')
  const urls = names.flatMap((found) => (found.kind === 'uri' ? [found.value] : []))
  if (names.length > 0 && urls.length === 0) fields.fail('fullName', 'a URL')
  return { urls, only: endEntities ? 'end-entities' : authorities ? 'authorities' : 'all' }
}
