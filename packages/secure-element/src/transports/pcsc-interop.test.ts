import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createCard } from '../create-card.ts'
import { memoryCardStorage } from '../storage/memory-card-storage.ts'
import { insertIntoVpcd } from './vpcd.ts'

const run = promisify(execFile)

/** pcscd with vpcd and opensc-tool must be installed, nobody else's pcscd may run, and only root may start one. */
function unavailable(): boolean {
  try {
    execFileSync('which', ['pcscd', 'opensc-tool'], { stdio: 'ignore' })
  } catch {
    return true
  }
  return existsSync('/run/pcscd/pcscd.comm') || process.getuid?.() !== 0
}

/** pcscd notices a card a moment after it was inserted; each question takes long enough to be asked again at once. */
async function answerToReset(): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { stdout } = await run('opensc-tool', ['--reader', '0', '--atr']).catch(() => ({ stdout: '' }))
    if (stdout !== '') return stdout.trim()
  }
  return ''
}

test.skipIf(unavailable())(
  'opensc-tool sees a real reader with our card in it and talks to the application',
  async () => {
    const daemon = spawn('pcscd', ['--foreground'], { stdio: 'ignore' })
    const inserted = new Promise<void>((resolve, reject) => {
      daemon.once('exit', () => reject(new Error('pcscd did not start')))
      const slot = insertIntoVpcd(createCard({ storage: memoryCardStorage(), pinIterations: 2 }), {
        onState: (state) => state === 'inserted' && resolve(),
      })
      daemon.once('exit', () => void slot.remove())
    })
    try {
      await inserted
      expect(await answerToReset()).toBe('3b:80:80:01:01')
      const commands = [
        '00A4040007F0414E5155010100',
        '00240180080732343638313335',
        '002000800732343638313335',
        '00460101016141',
        '8046000000',
      ]
      const { stdout } = await run('opensc-tool', [
        '--reader',
        '0',
        '--card-driver',
        'default',
        ...commands.flatMap((apdu) => ['--send-apdu', apdu]),
      ])
      expect(stdout.match(/SW1=0x90, SW2=0x00/g)).toHaveLength(commands.length)
    } finally {
      daemon.kill()
    }
  },
)
