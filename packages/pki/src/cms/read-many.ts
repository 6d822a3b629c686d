import type { DerReader } from '@anqu/encoding'

/** Reads up to `maximum` members of an entered SET. */
export function readMany<Item>(list: DerReader, maximum: number, read: (list: DerReader) => Item): Item[] {
  const items: Item[] = []
  while (!list.done) {
    if (items.length >= maximum) list.fail('member', `at most ${maximum} members`)
    items.push(read(list))
  }
  return items
}
