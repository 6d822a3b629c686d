import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { enter, type EntryEvent, type EntryState, type SecretEntryPort } from './secret-entry.ts'

/** Stands for the client's sealed entry: it alone remembers what was tapped. */
function recordingPort(maxTaps = 8): { port: SecretEntryPort; sealed: number[] } {
  const sealed: number[] = []
  const port: SecretEntryPort = {
    keyboardId: 'k',
    rows: 4,
    columns: 10,
    maxTaps,
    picture: { pictureId: 'k', png: new Uint8Array(), widthPx: 1, heightPx: 1 },
    seal: (cell) => sealed.push(cell) > 0,
    erase: () => sealed.pop(),
    clear: () => sealed.splice(0),
  }
  return { port, sealed }
}

const anyEvent: fc.Arbitrary<EntryEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('tap' as const),
      cell: fc.integer({ min: -3, max: 44 }),
      trusted: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'erase' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
)

test('the keyboard keeps nothing but a count, and the count always equals the sealed taps', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      const { port, sealed } = recordingPort()
      let state: EntryState = { count: 0 }
      for (const event of events) {
        state = enter(state, event, port)
        expect(Object.keys(state)).toEqual(['count'])
        expect(state.count).toBe(sealed.length)
      }
    }),
  )
})

test('a tap dispatched by a script is never sealed', () => {
  const { port, sealed } = recordingPort()
  expect(enter({ count: 0 }, { kind: 'tap', cell: 3, trusted: false }, port)).toEqual({ count: 0 })
  expect(sealed).toEqual([])
})

test.each([-1, 40, 1.5, Number.NaN])('a tap on cell %s outside the grid is dropped', (cell) => {
  const { port, sealed } = recordingPort()
  enter({ count: 0 }, { kind: 'tap', cell, trusted: true }, port)
  expect(sealed).toEqual([])
})

test('no tap is accepted beyond the limit the server set', () => {
  const { port, sealed } = recordingPort(2)
  let state: EntryState = { count: 0 }
  for (const cell of [1, 2, 3]) state = enter(state, { kind: 'tap', cell, trusted: true }, port)
  expect(state.count).toBe(2)
  expect(sealed).toEqual([1, 2])
})

test('a tap that could not be sealed is not counted', () => {
  const full: SecretEntryPort = { ...recordingPort().port, seal: () => false }
  expect(enter({ count: 3 }, { kind: 'tap', cell: 5, trusted: true }, full)).toEqual({ count: 3 })
})
