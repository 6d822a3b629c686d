import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { runSource } from './testing/run-source.ts'

const program = new URL('./lifecycle.fixture.ts', import.meta.url)
async function start(...how: string[]) {
  const child = runSource(program, how)
  let text = ''
  child.stdout?.on('data', (data: Buffer) => (text += data.toString()))
  await once(child, 'message')
  return { child, text: () => text }
}

describe('lifecycle', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes its work on %s, once, and ends with code 0',
    async (signal) => {
      const { child, text } = await start()
      child.kill(signal)
      child.kill(signal)
      expect(await once(child, 'close')).toEqual([0, null])
      expect(text()).toBe('ready {"name":"fixture","addresses":{"a":"b"}}\nstopped\n')
    },
  )

  it('finishes its work when its parent is gone', async () => {
    const { child, text } = await start()
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([0, null])
    await expect.poll(text).toContain('stopped')
  })

  it('ends with code 1 when stopping fails', async () => {
    const { child } = await start('failing')
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([1, null])
  })
})
