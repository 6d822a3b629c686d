import {
  AES,
  createCard,
  MemoryCard,
  SecureElement,
  securedConnection,
  SM4,
  type BlockCipher,
  type CardConnection,
} from '@anqu/secure-element'
import { randomBytes } from '@anqu/gm-crypto'
import { Apdu, personalise } from './signing-card.ts'
import { inTurns, printRows, type Contender } from './turns.ts'

interface Way {
  readonly name: string
  readonly card: CardConnection
}

async function way(name: string, cipher?: BlockCipher): Promise<Way> {
  const [encryption, mac, data] = [randomBytes(16), randomBytes(16), randomBytes(16)]
  const keySet = cipher && { version: 0x30, cipher, keys: { encryption, mac, data } }
  const bare = createCard({
    storage: new MemoryCard().holder(),
    aes: AES,
    ...(keySet && { channelKeys: [keySet] }),
  })
  const card = keySet ? securedConnection(bare, keySet) : bare
  await personalise(new SecureElement(card))
  return { name, card }
}

async function each(card: CardConnection, commands: readonly Uint8Array[]): Promise<void> {
  for (const command of commands)
    if ((await card.transmit(command)).at(-2) !== 0x90) throw new Error('the card refused')
}

/** What the secure channel adds to a command, at level 33: encrypted and authenticated both ways. */
export async function channelOverhead(): Promise<void> {
  const ways = [
    await way('bare (floor)'),
    await way('SCP03 on SM4, level 33', SM4),
    await way('SCP03 on AES-128 (WebCrypto), level 33', AES),
  ]
  const table = async (title: string, commands: readonly Uint8Array[]): Promise<void> => {
    for (const { card } of ways) await each(card, [Apdu.select()])
    const contenders = ways.map(({ name, card }): Contender => ({ name, run: () => each(card, commands) }))
    const rows = await inTurns(contenders)
    printRows(title, rows)
    for (const { name, micros } of rows.slice(1))
      console.log(
        `  → ${name}: + ${((micros - (rows[0]?.micros ?? 0)) / commands.length).toFixed(1)} µs a command`,
      )
  }
  await table('One short command (GET STATUS), host and card', [Apdu.status()])
  await table('VERIFY PIN + SIGN, host and card', [Apdu.verify(), Apdu.sign()])
  await table('SELECT, with which a session opens', [Apdu.select()])
}
