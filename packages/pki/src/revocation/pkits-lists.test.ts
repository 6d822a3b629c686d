import { ParseError } from '@anqu/encoding'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkPathRevocation, parseCrl, type Crl } from '../index.ts'
import { listCases } from '../testing/list-cases.ts'
import { ListWorld, type BuiltCase, type ListCase } from '../testing/list-world.ts'
import { NOW_MS } from '../testing/test-chain.ts'

let world: ListWorld
beforeAll(async () => {
  world = await ListWorld.open()
})

/** A list that cannot be read is as if it were not there. */
function readable(der: Uint8Array): Crl[] {
  try {
    return [parseCrl(der)]
  } catch (error) {
    expect(error).toBeInstanceOf(ParseError)
    return []
  }
}

function verdictOn({ path, signers, stranger, lists }: BuiltCase): ListCase['verdict'] {
  const failure = checkPathRevocation({
    path,
    signers: [stranger, ...signers],
    crls: lists.flatMap(readable),
    atMs: NOW_MS,
  })
  if (!failure) return 'valid'
  return failure.rule === 'revoked' ? 'revoked' : 'refused'
}

describe('revocation by lists, after PKITS 4.4, 4.14 and 4.15', () => {
  test.each(listCases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const built = await world.build(one)
    expect(verdictOn(built)).toBe(one.verdict)
    // The order in which lists are at hand must not matter.
    expect(verdictOn({ ...built, lists: built.lists.toReversed() })).toBe(one.verdict)
  })
})
