import { beforeEach, expect, test } from 'vitest'
import { base64ToBytes, bytesToHex, utf8ToBytes } from '@anqu/encoding'
import { hmacSm3 } from '@anqu/gm-crypto'
import { policy } from '@anqu/policy'
import { createMemoryStore, type ShortLivedStore } from '@anqu/platform'
import { FakeClock } from '@anqu/platform/testing'
import { captchaBinding, createPictures, type Pictures } from './pictures.ts'

const key = utf8ToBytes('look-up key of the test')
let clock: FakeClock
let pictures: Pictures
let shown: Map<string, string>
let stored: string[]

beforeEach(() => {
  clock = new FakeClock(1_800_000_000_000)
  shown = new Map()
  stored = []
  const memory = createMemoryStore({ clock })
  const store: ShortLivedStore = {
    get: (name) => memory.get(name),
    set: async (name, value, ttlMs) => {
      stored.push(`${name}=${value}`)
      await memory.set(name, value, ttlMs)
    },
    setIfAbsent: (name, value, ttlMs) => memory.setIfAbsent(name, value, ttlMs),
    take: (name) => memory.take(name),
    increment: (name, ttlMs) => memory.increment(name, ttlMs),
    advance: (name, sequence, ttlMs) => memory.advance(name, sequence, ttlMs),
    remove: (name) => memory.remove(name),
    close: () => memory.close(),
  }
  pictures = createPictures({
    clock,
    store,
    keys: { lookup: (purpose, value) => bytesToHex(hmacSm3(key, utf8ToBytes(`${purpose}\n${value}`))) },
    witness: async ({ id, shows }) => void shown.set(id, shows),
  })
})

const binding = captchaBinding
const rejected = { code: 'factor.picture-rejected' }
async function captcha(): Promise<{ pictureId: string; answer: string }> {
  const { pictureId } = await pictures.issueCaptcha()
  return { pictureId, answer: shown.get(pictureId) ?? '' }
}

test('the right answer passes once, in either case of letters', async () => {
  const { pictureId, answer } = await captcha()
  await pictures.verify({ pictureId, answer: answer.toLowerCase(), binding })
  await expect(pictures.verify({ pictureId, answer, binding })).rejects.toMatchObject(rejected)
})

test('a wrong answer burns the picture', async () => {
  const { pictureId, answer } = await captcha()
  await expect(pictures.verify({ pictureId, answer: '----', binding })).rejects.toMatchObject(rejected)
  await expect(pictures.verify({ pictureId, answer, binding })).rejects.toMatchObject(rejected)
})

test('a picture ends with its time', async () => {
  const [early, late] = [await captcha(), await captcha()]
  clock.advance(policy.captcha.validMs - 1)
  await pictures.verify({ ...early, binding })
  clock.advance(1)
  await expect(pictures.verify({ ...late, binding })).rejects.toMatchObject(rejected)
})

test('a confirmation picture answers for its own order only', async () => {
  const issue = () => pictures.issueConfirmation({ payee: '安渠保险', amountFen: 100n, binding: 'order-1' })
  const first = await issue()
  const answer = shown.get(first.pictureId) ?? ''
  await expect(
    pictures.verify({ pictureId: first.pictureId, answer, binding: 'order-2' }),
  ).rejects.toMatchObject(rejected)
  const second = await issue()
  await expect(
    pictures.verify({
      pictureId: second.pictureId,
      answer: shown.get(second.pictureId) ?? '',
      binding: 'order-1',
    }),
  ).resolves.toBeUndefined()
})

test('what is stored does not contain the answer, and the answer is the picture’s own', async () => {
  const [one, two] = [await captcha(), await captcha()]
  for (const line of stored) expect(line).toMatch(/^picture:[0-9a-f-]{36}=[0-9a-f]{64}$/)
  await expect(pictures.verify({ pictureId: one.pictureId, answer: two.answer, binding })).rejects.toThrow()
})

test('a picture is a PNG of the size it says', async () => {
  const { png, widthPx, heightPx } = await pictures.issueCaptcha()
  const bytes = base64ToBytes(png)
  expect([...bytes.subarray(1, 4)].map((code) => String.fromCharCode(code)).join('')).toBe('PNG')
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  expect(view.getUint32(16) % widthPx).toBe(0)
  expect(view.getUint32(16) / view.getUint32(20)).toBeCloseTo(widthPx / heightPx, 2)
})
