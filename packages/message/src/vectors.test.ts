import { createHmac, hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { concatBytes, hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { expect, it } from 'vitest'
import { deriveVectors, printVectors } from './testing/derive-vectors.ts'

/* After an intended change of the protocol: `npx vitest run packages/message -u` writes the file and the page anew. */
const FILE = './anqu-message-1.vectors.json'
const PAGE = '../../../docs/reference/message-protocol.md'
const BLOCK = /(<!-- vectors: generated -->\n\n```text\n)[^]*?(\n```\n)/

it('the protocol still computes every value of its published vectors', async () => {
  await expect(`${JSON.stringify(await deriveVectors(), null, 2)}\n`).toMatchFileSnapshot(FILE)
})

it('the specification shows the published vectors', async () => {
  const page = readFileSync(new URL(PAGE, import.meta.url), 'utf8')
  expect(page).toMatch(BLOCK)
  const shown = printVectors(await deriveVectors())
  const current = page.replace(BLOCK, (_, before: string, after: string) => before + shown + after)
  await expect(current).toMatchFileSnapshot(PAGE)
})

it("the key schedule of the specification gives the vectors with Node's own SM3", () => {
  // Written by this package, see above.
  const vectors = JSON.parse(readFileSync(new URL(FILE, import.meta.url), 'utf8')) as Record<
    string,
    Record<string, string>
  >
  const value = (group: string, name: string): Uint8Array => hexToBytes(vectors[group]?.[name] ?? '')
  const derive = (label: string): Uint8Array =>
    new Uint8Array(
      hkdfSync(
        'sm3',
        value('handshake', 'agreedKey'),
        value('handshake', 'transcript'),
        utf8ToBytes(label),
        32,
      ),
    )
  const mac = (key: Uint8Array, ...parts: Uint8Array[]): Uint8Array =>
    new Uint8Array(
      createHmac('sm3', key)
        .update(concatBytes(...parts))
        .digest(),
    )
  const transcript = value('handshake', 'transcript')
  const serverConfirmation = mac(
    derive('anqu-message/1 server confirm'),
    transcript,
    value('handshake', 'serverTag'),
  )
  expect(serverConfirmation).toEqual(value('handshake', 'serverConfirmation'))
  expect(
    mac(
      derive('anqu-message/1 client confirm'),
      transcript,
      serverConfirmation,
      value('handshake', 'clientTag'),
    ),
  ).toEqual(value('handshake', 'clientConfirmation'))
  expect(derive('anqu-message/1 client to server')).toEqual(value('secrets', 'clientToServer'))
  expect(derive('anqu-message/1 server to client')).toEqual(value('secrets', 'serverToClient'))
  // HKDF-Expand of up to 32 bytes is one HMAC over info and the byte 1 (RFC 5869 section 2.3).
  const info = concatBytes(
    utf8ToBytes('anqu-message/1 record'),
    hexToBytes('0000000000000001'),
    Uint8Array.of(1),
  )
  for (const [direction, secret] of [
    ['request', 'clientToServer'],
    ['response', 'serverToClient'],
  ] as const) {
    const block = mac(value('secrets', secret), info)
    expect(block.slice(0, 16)).toEqual(value(direction, 'key'))
    expect(block.slice(16, 28)).toEqual(value(direction, 'nonce'))
  }
})
