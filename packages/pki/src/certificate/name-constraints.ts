import { derContextTag, DerReader } from '@anqu/encoding'
import { readGeneralName, type GeneralName } from '../name/general-name.ts'

/** RFC 5280 section 4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[]
  readonly excluded: readonly GeneralName[]
}

const MAX_SUBTREES = 512

function readSubtrees(subtrees: DerReader): GeneralName[] {
  const bases: GeneralName[] = []
  if (subtrees.done) subtrees.fail('subtree', 'at least one subtree')
  while (!subtrees.done) {
    if (bases.length >= MAX_SUBTREES) subtrees.fail('subtree', `at most ${MAX_SUBTREES} subtrees`)
    const subtree = subtrees.sequence('subtree')
    bases.push(readGeneralName(subtree, 'base'))
    // The profile of RFC 5280 fixes minimum to its default 0 and leaves maximum out.
    subtree.end()
  }
  return bases
}

export function readNameConstraints(reader: DerReader): NameConstraints {
  const fields = reader.sequence('nameConstraints')
  const permitted = fields.optionalConstructed(derContextTag(0, 'constructed'), 'permittedSubtrees')
  const excluded = fields.optionalConstructed(derContextTag(1, 'constructed'), 'excludedSubtrees')
  fields.end()
  if (!permitted && !excluded) fields.fail('nameConstraints', 'permitted or excluded subtrees')
  return {
    permitted: permitted ? readSubtrees(permitted) : [],
    excluded: excluded ? readSubtrees(excluded) : [],
  }
}
