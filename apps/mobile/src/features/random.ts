import { bytesToBase64Url } from '@anqu/encoding'
import { randomBytes } from '@anqu/gm-crypto'

/** A fair shuffle (Fisher and Yates); bytes that would favour some places are drawn again. */
export function shuffle<Item>(
  items: readonly Item[],
  random: (length: number) => Uint8Array = randomBytes,
): Item[] {
  const result: Item[] = []
  for (const [index, item] of items.entries()) {
    const limit = 256 - (256 % (index + 1))
    let draw = 256
    while (draw >= limit) draw = random(1)[0] ?? 256
    const place = draw % (index + 1)
    result.splice(place, 0, item)
  }
  return result
}

const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const
export const shuffledDigits = (): number[] => shuffle(digits)

/** Names one intention: however often it is sent, it happens once. */
export const newIdempotencyKey = (): string => bytesToBase64Url(randomBytes(18))
