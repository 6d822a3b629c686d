import { expect, test } from 'vitest'
import { encodeResponse, parseResponse, ResponseBuffer } from './response.ts'

test('an answer longer than asked for comes in pieces that add up to it', () => {
  const buffer = new ResponseBuffer()
  const answer = Uint8Array.from({ length: 600 }, (_, index) => index & 0xff)
  const pieces = [buffer.answer(answer, 256), buffer.next(256), buffer.next(88)].map((piece) =>
    parseResponse(piece ?? new Uint8Array(2)),
  )
  expect(pieces.map(({ statusWord }) => statusWord)).toEqual([0x6100, 0x6158, 0x9000])
  expect(Uint8Array.from(pieces.flatMap(({ data }) => [...data]))).toEqual(answer)
  expect(buffer.next(256)).toBeUndefined()
})

test('what was not fetched is gone once cleared', () => {
  const buffer = new ResponseBuffer()
  buffer.answer(new Uint8Array(300), 10)
  buffer.clear()
  expect(buffer.next(256)).toBeUndefined()
})

test('a response shorter than a status word is no response', () => {
  expect(() => parseResponse(Uint8Array.of(0x90))).toThrow(RangeError)
  expect(parseResponse(encodeResponse(Uint8Array.of(7), 0x9000))).toEqual({
    data: Uint8Array.of(7),
    statusWord: 0x9000,
  })
})
