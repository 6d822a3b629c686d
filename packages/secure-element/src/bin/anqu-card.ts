#!/usr/bin/env node
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCard } from '../create-card.ts'
import { fileCardStorage } from '../storage/file-card-storage.ts'
import { insertIntoVpcd, VPCD_PORT } from '../transports/vpcd.ts'

const USAGE = `anqu-card: a virtual smart card in the reader of pcscd (vsmartcard-vpcd)

  --dir PATH    folder of the card            (default: ~/.anqu-card)
  --host NAME   where the virtual reader is   (default: 127.0.0.1)
  --port N      port of the reader's slot     (default: ${VPCD_PORT})
  --help        this text
`

function settings(): { dir: string; host: string; port: number } | undefined {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { dir: text, host: text, port: text, help: { type: 'boolean' } } })
  if (values.help) return undefined
  const port = Number(values.port ?? VPCD_PORT)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Error(`--port ${values.port} is not a port`)
  return { dir: values.dir ?? join(homedir(), '.anqu-card'), host: values.host ?? '127.0.0.1', port }
}

function main(): void {
  const chosen = settings()
  if (chosen === undefined) {
    process.stdout.write(USAGE)
    return
  }
  const { dir, host, port } = chosen
  const card = createCard({ storage: fileCardStorage(dir) })
  const onState = (state: string) => process.stdout.write(`card ${state} (${host}:${port})\n`)
  const slot = insertIntoVpcd(card, { host, port, onState })
  process.stdout.write(`card in ${dir}; waiting for the virtual reader at ${host}:${port}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void slot.remove())
}

try {
  main()
} catch (error) {
  process.stderr.write(`anqu-card: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
