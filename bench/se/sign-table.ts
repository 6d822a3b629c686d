import { Sm2PrivateKey, sm2Sign } from '@anqu/gm-crypto'
import { createCard, MemoryCard, SecureElement, type CardConnection } from '@anqu/secure-element'
import { Apdu, group, message, personalise, signature } from './signing-card.ts'
import { inTurns, judge, printRows, type Contender } from './turns.ts'

/** Bare engine: hash and sign, with the key kept open and no card around it. */
export function bareEngine(): Contender {
  const key = Sm2PrivateKey.generate()
  return { name: 'bare engine: SM3 and SM2, key kept open (floor)', run: () => sm2Sign(key, message) }
}

/** The card refuses a SIGN without its own VERIFY, so the shortest sequence there is has both. */
export const VERIFY_AND_SIGN = 'VERIFY PIN + SIGN, one group'

/** One signature at a time through APDUs; the application is selected. */
export function oneByOne(card: CardConnection): Contender[] {
  const [select, verify, sign] = [Apdu.select(), Apdu.verify(), Apdu.sign()]
  return [
    { name: VERIFY_AND_SIGN, run: () => group(card, verify, sign) },
    { name: 'SELECT + VERIFY PIN + SIGN, one group', run: () => group(card, select, verify, sign) },
    { name: 'VERIFY PIN alone', run: () => group(card, verify) },
  ]
}

/** Prints what is left of the sequence when the PIN's own time is taken off: the card allows no such thing. */
export function printSignAlone(rows: readonly { name: string; micros: number }[]): void {
  const time = (name: string): number => rows.find((row) => row.name === name)?.micros ?? Number.NaN
  const alone = time(VERIFY_AND_SIGN) - time('VERIFY PIN alone')
  const share = (((rows[0]?.micros ?? Number.NaN) / alone) * 100).toFixed(0)
  console.log(`    SIGN alone, by difference: ${alone.toFixed(1)} µs, ${share} % of the floor (no target)`)
}

/** A card in this process against the engine it uses. */
export async function inProcess(): Promise<void> {
  const card = createCard({ storage: new MemoryCard().holder() })
  const element = new SecureElement(card)
  await personalise(element)
  const rows = await inTurns([
    bareEngine(),
    ...oneByOne(card),
    { name: 'SecureElement.sign (SELECT + VERIFY PIN + SIGN)', run: () => signature(element) },
  ])
  printRows('A signature, card in this process, memory storage', rows)
  judge(rows, VERIFY_AND_SIGN, 0.7)
  printSignAlone(rows)
}
