import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mostCards, parseBatchFile } from './batch-file.ts'

const header = 'card_id,key_set,transport_keys'
const keys = 'A'.repeat(200)
const id = (count: number) => count.toString(16).padStart(20, '0')
const fileOf = (...lines: string[]) => [header, ...lines, ''].join('\n')

test('a whole list is read line by line, with either end of line', () => {
  const whole = fileOf(`${id(1)},1,${keys}`, `${id(2)},1,${keys}`)
  for (const file of [whole, whole.trimEnd(), whole.replaceAll('\n', '\r\n')])
    expect(parseBatchFile(file)).toEqual({
      lines: [
        { line: 2, cardId: id(1), sealedKeys: keys },
        { line: 3, cardId: id(2), sealedKeys: keys },
      ],
      problems: [],
    })
})

test('every bad line is told by its number and why', () => {
  const good = `${id(1)},1,${keys}`
  const bad = [
    `${id(2)},1`,
    `${id(3)},1,${keys},x`,
    `XYZ,1,${keys}`,
    `${id(4)},7,${keys}`,
    `${id(5)},1,?`,
    good,
    '',
  ]
  expect(parseBatchFile(fileOf(good, ...bad)).problems).toEqual([
    { line: 3, reason: 'columns' },
    { line: 4, reason: 'columns' },
    { line: 5, reason: 'card-id' },
    { line: 6, reason: 'key-set' },
    { line: 7, reason: 'transport-keys' },
    { line: 8, reason: 'duplicate' },
    { line: 9, reason: 'columns' },
  ])
})

test('a list without its header, without cards or with too many of them is refused as a whole', () => {
  const many = Array.from({ length: mostCards + 1 }, (_, at) => `${id(at)},1,${keys}`)
  expect(parseBatchFile(`${id(1)},1,${keys}\n`).problems).toEqual([{ line: 1, reason: 'header' }])
  expect(parseBatchFile(`${header}\n`).problems).toEqual([{ line: 2, reason: 'no-cards' }])
  expect(parseBatchFile(fileOf(...many))).toEqual({
    lines: [],
    problems: [{ line: mostCards + 2, reason: 'too-many' }],
  })
  expect(parseBatchFile(fileOf(...many.slice(1))).lines).toHaveLength(mostCards)
})

test('whatever a file holds, each of its lines is either taken or told of', () => {
  const cell = fc.oneof(fc.constantFrom(id(7), '1', keys, ''), fc.string({ maxLength: 30 }))
  const row = fc.array(cell, { maxLength: 5 }).map((cells) => cells.join(',').replaceAll(/[\r\n]/g, ''))
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
      const { lines, problems } = parseBatchFile(fileOf(...rows))
      const told = [...lines, ...problems].map(({ line }) => line).toSorted((a, b) => a - b)
      expect(told).toEqual(rows.map((_, at) => at + 2))
    }),
  )
})
