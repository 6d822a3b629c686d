import type { DerReader } from '@anqu/encoding'

const MAX_ITEMS = 256

/** Reads items until the end of a SEQUENCE SIZE (1..MAX). */
export function atLeastOne<Item>(reader: DerReader, read: (reader: DerReader) => Item): Item[] {
  const items: Item[] = []
  do {
    if (items.length >= MAX_ITEMS) reader.fail('item', `at most ${MAX_ITEMS} items`)
    items.push(read(reader))
  } while (!reader.done)
  return items
}
