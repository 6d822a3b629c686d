import { describe, expect, it } from 'vitest'
import { createLog } from './log.ts'

function logged(fields: Record<string, unknown>): string {
  const lines: string[] = []
  createLog({ name: 'test', write: (line) => lines.push(line) }).info(fields, 'words')
  return lines.join('')
}

describe('log', () => {
  it('withholds values under names that sound secret, at any depth it prints', () => {
    const text = logged({
      password: 'hunter2',
      a: { otpCode: 'hunter2', b: [{ sessionId: 'hunter2', phone: 'hunter2' }] },
      plain: 7,
    })
    expect(text).not.toContain('hunter2')
    expect(text).toContain('"plain":7')
  })

  it('prints bytes as their length and lets secret types print themselves', () => {
    const text = logged({
      body: Buffer.from('hunter2'),
      thing: { toJSON: () => '[secret]', inner: 'hunter2' },
      fen: 12n,
    })
    expect(text).not.toContain('hunter2')
    expect(text).toContain('[7 bytes]')
    expect(text).toContain('[secret]')
    expect(text).toContain('"fen":"12"')
  })

  it('keeps an error with its stack and cause', () => {
    const text = logged({ error: new Error('outer', { cause: new Error('inner') }) })
    expect(text).toContain('outer')
    expect(text).toContain('inner')
    expect(text).toContain('log.test.ts')
  })
})
