#!/usr/bin/env node
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { AES } from '../channel/block-cipher.ts'
import { nodeTripleDes } from '../channel/node-triple-des.ts'
import { createCard, type CardOptions } from '../create-card.ts'
import { fileCardStorage } from '../storage/file-card-storage.ts'
import { insertIntoVpcd, LOOPBACK_PORT, VPCD_PORT, waitForVpcd } from '../transports/vpcd.ts'
import { readChannelKeyFile } from './channel-key-file.ts'

const USAGE = `anqu-card: a virtual smart card in the reader of pcscd (vsmartcard-vpcd)

  --dir PATH           folder of the card            (default: ~/.anqu-card)
  --channel-keys FILE  keys of the secure channel for a card that is new, a set on each line:
                       version, SM4 (AES with --aes, TDES with --scp02), then ENC, MAC, DEK in hex; mode 0600
  --require-channel    no application is reached but through the secure channel
  --aes                the card takes AES keys for its secure channel too
  --scp02 15|55        the card speaks SCP02 too, for its TDES keys
  --listen             wait on 127.0.0.1 for the reader to connect (port default: ${LOOPBACK_PORT})
  --host NAME          where the virtual reader is   (default: 127.0.0.1)
  --port N             port of the reader's slot     (default: ${VPCD_PORT})
  --help               this text
`

function settings() {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }] as const
  const { values } = parseArgs({
    options: {
      dir: text,
      'channel-keys': text,
      'require-channel': flag,
      aes: flag,
      scp02: text,
      listen: flag,
      host: text,
      port: text,
      help: flag,
    },
  })
  if (values.help) return undefined
  const port = Number(values.port ?? (values.listen ? LOOPBACK_PORT : VPCD_PORT))
  if (!Number.isInteger(port) || port < 1 || port > 65_534)
    throw new Error(`--port ${values.port} is not a port`)
  if (values.listen && values.host !== undefined)
    throw new Error('--listen is on 127.0.0.1 and takes no --host')
  const dir = values.dir ?? join(homedir(), '.anqu-card')
  return { ...values, dir, host: values.host ?? '127.0.0.1', port }
}

type Settings = NonNullable<ReturnType<typeof settings>>

async function cardOptions(chosen: Settings): Promise<CardOptions> {
  const path = chosen['channel-keys']
  return {
    storage: fileCardStorage(chosen.dir),
    ...(path === undefined ? {} : { channelKeys: await readChannelKeyFile(path) }),
    ...(chosen['require-channel'] ? { channelPolicy: 'required' } : {}),
    ...(chosen.aes ? { aes: AES } : {}),
    ...(chosen.scp02 === undefined
      ? {}
      : { scp02: { tripleDes: nodeTripleDes, parameter: parameterOf(chosen.scp02) } }),
  }
}

function parameterOf(text: string): 0x15 | 0x55 {
  if (text === '15') return 0x15
  if (text === '55') return 0x55
  throw new Error(`--scp02 is 15 or 55, not ${text}`)
}

async function main(): Promise<void> {
  const chosen = settings()
  if (chosen === undefined) {
    process.stdout.write(USAGE)
    return
  }
  const { dir, host, port, listen } = chosen
  const card = createCard(await cardOptions(chosen))
  const onState = (state: string) => process.stdout.write(`card ${state} (${host}:${port})\n`)
  const slot = listen
    ? await waitForVpcd(card, { port, onState })
    : insertIntoVpcd(card, { host, port, onState })
  const where = listen
    ? `on ${host}:${port} for the virtual reader`
    : `for the virtual reader at ${host}:${port}`
  process.stdout.write(`card in ${dir}; waiting ${where}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void slot.remove())
}

main().catch((error: unknown) => {
  process.stderr.write(`anqu-card: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
})
