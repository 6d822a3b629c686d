import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { hexToBytes, utf8ToBytes } from '@anqu/encoding'
import { sm2Verify } from '@anqu/gm-crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AES, SM4, type BlockCipher } from '../channel/block-cipher.ts'
import { securedConnection } from '../channel/secured-connection.ts'
import { createCard } from '../create-card.ts'
import { SecureElement } from '../host/secure-element.ts'
import { memoryCardStorage } from '../storage/memory-card-storage.ts'
import { keySet } from '../testing/issuer-channel.ts'
import { issueCertificate } from '../testing/test-certificates.ts'
import { connectPcscCard } from './pcsc.ts'
import { insertIntoVpcd } from './vpcd.ts'

const run = promisify(execFile)
/** The tools wait without end for a daemon that is only starting. */
const ONE_QUESTION = { timeout: 3_000 }
const DRIVER = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so'
const KEYS = { AES: keySet(AES, 0x31), SM4: keySet(SM4, 0x30) }
const PIN = '2468135'

/** pcscd, vpcd and the tools must be installed, nobody else's pcscd may run, and only root may start one. */
function reasonToSkip(): string | undefined {
  if (!existsSync(DRIVER)) return 'vsmartcard-vpcd is not installed'
  try {
    execFileSync('which', ['pcscd', 'opensc-tool', 'pcsc_scan'], { stdio: 'ignore' })
  } catch {
    return 'pcscd, opensc or pcsc-tools is not installed'
  }
  if (existsSync('/run/pcscd/pcscd.comm')) return "somebody else's pcscd runs"
  return process.getuid?.() === 0 ? undefined : 'only root may start pcscd'
}

const reason = reasonToSkip()

describe.skipIf(reason !== undefined)(
  `our card in a reader of pcscd${reason ? ` (skipped: ${reason})` : ''}`,
  () => {
    let daemon: ChildProcess
    beforeAll(async () => {
      const card = createCard({
        storage: memoryCardStorage(),
        pinIterations: 2,
        channelKeys: [KEYS.SM4, KEYS.AES],
        aes: AES,
      })
      daemon = spawn('pcscd', ['--foreground'], { stdio: 'ignore' })
      await new Promise<void>((resolve, reject) => {
        daemon.once('exit', () => reject(new Error('pcscd did not start')))
        const slot = insertIntoVpcd(card, { onState: (state) => state === 'inserted' && resolve() })
        daemon.once('exit', () => void slot.remove())
      })
      await answerToReset()
    })
    afterAll(async () => {
      const gone = new Promise((resolve) => daemon.once('exit', resolve))
      daemon.kill()
      await gone
    })

    const readers = async (): Promise<string> => (await run('pcsc_scan', ['-r'], ONE_QUESTION)).stdout

    /** pcscd notices a card a moment after it was inserted; each question takes long enough to be asked again at once. */
    async function answerToReset(): Promise<string> {
      for (let attempt = 0; attempt < 1_500; attempt++) {
        const { stdout } = await run('opensc-tool', ['--reader', '0', '--atr'], ONE_QUESTION).catch(() => ({
          stdout: '',
        }))
        if (stdout !== '') return stdout.trim()
      }
      return ''
    }

    test('opensc-tool reads its answer to reset and talks to the application', async () => {
      expect(await answerToReset()).toBe('3b:80:80:01:01')
      const commands = ['00A4040007F0414E5155010100', '80CA000000', '0070000001', '01A4040000', '0070800100']
      const { stdout } = await run('opensc-tool', [
        '--reader',
        '0',
        '--card-driver',
        'default',
        ...commands.flatMap((apdu) => ['--send-apdu', apdu]),
      ])
      expect(stdout.match(/SW1=0x90, SW2=0x00/g)).toHaveLength(commands.length)
    })

    test('pcsc_scan lists the reader', async () => {
      expect(await readers()).toContain('Virtual PCD')
    })

    test('a program signs with it through PC/SC, and the signature verifies', async () => {
      const connection = await connectPcscCard()
      try {
        const element = new SecureElement(connection)
        await element.setPin(PIN)
        const publicKey = await element.generateKeyPair('reader', PIN)
        const der = await issueCertificate(publicKey, { serialHex: '0102030405060708' })
        await element.installCertificate('reader', der, PIN)
        const message = utf8ToBytes('through the reader')
        expect(sm2Verify(publicKey, message, await element.sign('reader', PIN, message))).toBe(true)
        expect(await element.containerCertificate('reader')).toEqual(der)
      } finally {
        await connection.close()
      }
    })

    test.each<[string, BlockCipher, keyof typeof KEYS]>([
      ['SCP03 on AES', AES, 'AES'],
      ['its profile on SM4', SM4, 'SM4'],
    ])('a session of %s opens through PC/SC, and no other keys open one', async (_, cipher, name) => {
      const connection = await connectPcscCard()
      try {
        const element = new SecureElement(securedConnection(connection, KEYS[name]))
        expect((await element.listContainers()).map((container) => container.name)).toEqual(['reader'])
        const stranger = securedConnection(connection, keySet(cipher, KEYS[name].version, 0x77))
        await expect(stranger.transmit(hexToBytes('00a4040000'))).rejects.toThrow('channel keys')
      } finally {
        await connection.close()
      }
    })
  },
)
