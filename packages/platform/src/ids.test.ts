import { describe, expect, it } from 'vitest'
import { uuidv7 } from './ids.ts'

describe('uuidv7', () => {
  it('has version 7, the RFC variant and the time in front', () => {
    const id = uuidv7(Date.UTC(2100, 0, 1))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.UTC(2100, 0, 1))
  })

  it('sorts in the order of making within one millisecond and never repeats', () => {
    const ids = Array.from({ length: 20_000 }, () => uuidv7(Date.UTC(2101, 0, 1)))
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
