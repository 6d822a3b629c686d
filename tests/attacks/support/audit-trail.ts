import type { LiveSystem } from '@anqu/conformance/system'
import { expect } from 'vitest'

/** Demands a record of this event since a moment, readable for an auditor, and answers the newest. */
export async function recorded(
  system: LiveSystem,
  what: { event: string; eventClass: string; sinceMs: number; subject?: string },
): Promise<{ description: string; origin: string; resource: string; correlationId: string }> {
  const { event, eventClass, sinceMs, subject } = what
  const auditor = await system.fixtures.auditor()
  const filter = { event, fromMs: sinceMs, ...(subject === undefined ? {} : { subject }) }
  const [record] = await auditor.records(filter)
  if (record === undefined) throw new Error(`there is no audit record ${event}`)
  expect(record).toMatchObject({ eventClass, outcome: 'failure' })
  expect(record.origin).not.toBe('')
  return record
}
