import { describe, expect, it } from 'vitest'
import { createFaultSwitches, parseFault } from './fault-switches.ts'

const names = ['down', 'slow'] as const

describe('fault switches', () => {
  it('counts down per call and leaves other calls alone', () => {
    const switches = createFaultSwitches(names, [{ fault: 'down', times: 2, on: ['debit'] }])
    expect(switches.meet('query').has('down')).toBe(false)
    expect([1, 2, 3].map(() => switches.meet('debit').has('down'))).toEqual([true, true, false])
    expect(switches.active()).toEqual([])
  })

  it('keeps a fault that is always on until it is switched off', () => {
    const switches = createFaultSwitches(names, [parseFault('slow:always:50')])
    for (let n = 0; n < 5; n += 1) expect(switches.meet('any').get('slow')?.delayMs).toBe(50)
    switches.switchOff()
    expect(switches.meet('any').size).toBe(0)
  })

  it('lets two orders of the same fault follow one another', () => {
    const switches = createFaultSwitches(names, [
      { fault: 'slow', delayMs: 1 },
      { fault: 'slow', delayMs: 2 },
    ])
    expect(switches.meet('a').get('slow')?.delayMs).toBe(1)
    expect(switches.meet('a').get('slow')?.delayMs).toBe(2)
  })

  it('refuses what it does not know', () => {
    expect(() => createFaultSwitches(names, [{ fault: 'lost' }])).toThrow('knows no fault lost')
    for (const text of ['nap', 'down:0', 'down:many', 'slow:1:-5']) expect(() => parseFault(text)).toThrow()
  })
})
