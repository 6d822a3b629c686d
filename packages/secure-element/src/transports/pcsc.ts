import type { Card, Client, Reader } from 'pcsc-mini'
import { CardConnectionLost, untilRefused, type CardConnection } from './card-connection.ts'

const PATIENCE_MS = 10_000
const LARGEST_ANSWER = 65_536 + 2

export interface PcscOptions {
  /** Part of the reader's name; without it the first reader with a card counts. */
  readonly reader?: string
  /** How long to wait for a card. */
  readonly patienceMs?: number
}

/** A card in a reader, for this program alone until `close`: nobody can slip a command between a PIN and its signature. */
export interface PcscCard extends CardConnection {
  readonly reader: string
  close(): Promise<void>
}

/**
 * Connects to a card in a PC/SC reader, real or virtual, through the optional package `pcsc-mini`.
 * @throws CardConnectionLost without that package or its binary for this machine, without a PC/SC service, without a card.
 */
export async function connectPcscCard(options: PcscOptions = {}): Promise<PcscCard> {
  const pcsc = await loadPcsc()
  const client = new pcsc.Client()
  try {
    const reader = await readerWithCard(client, pcsc.ReaderStatus.PRESENT, options)
    const card = await reader.connect(pcsc.CardMode.EXCLUSIVE, pcsc.Protocol.ANY)
    return new ExclusiveCard(reader.name(), card, client, pcsc)
  } catch (error) {
    client.stop()
    throw lost(error)
  }
}

type Pcsc = typeof import('pcsc-mini')

class ExclusiveCard implements PcscCard {
  readonly reader: string
  readonly #card: Card
  readonly #client: Client
  readonly #pcsc: Pcsc

  constructor(reader: string, card: Card, client: Client, pcsc: Pcsc) {
    this.reader = reader
    this.#card = card
    this.#client = client
    this.#pcsc = pcsc
  }

  async transmit(command: Uint8Array): Promise<Uint8Array> {
    // The package's own buffer is one of short answers.
    const answer = this.#card.transmit(command, new ArrayBuffer(LARGEST_ANSWER))
    return (await answer.catch((error: unknown) => Promise.reject(lost(error)))).slice()
  }

  transmitAll(commands: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return untilRefused(commands, (command) => this.transmit(command))
  }

  async reset(): Promise<void> {
    const { CardMode, CardDisposition } = this.#pcsc
    await this.#card.reconnect(CardMode.EXCLUSIVE, CardDisposition.RESET)
  }

  async close(): Promise<void> {
    await this.#card.disconnect(this.#pcsc.CardDisposition.RESET)
    this.#client.stop()
  }
}

async function loadPcsc(): Promise<Pcsc> {
  try {
    return await import('pcsc-mini')
  } catch (cause) {
    const detail = 'readers need the optional package pcsc-mini, which has no binary for this machine'
    throw new CardConnectionLost(detail, { cause })
  }
}

function readerWithCard(client: Client, present: number, options: PcscOptions): Promise<Reader> {
  const { reader: wanted = '', patienceMs = PATIENCE_MS } = options
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new CardConnectionLost('no card in a reader')), patienceMs)
    const settle = (end: () => void): void => {
      clearTimeout(patience)
      end()
    }
    client.on('error', (error) => settle(() => reject(lost(error))))
    client.on('reader', (reader) => {
      if (!reader.name().includes(wanted)) return
      reader.on('change', (status) => {
        if (status.has(present)) settle(() => resolve(reader))
      })
    })
    client.start()
  })
}

function lost(error: unknown): CardConnectionLost {
  if (error instanceof CardConnectionLost) return error
  return new CardConnectionLost(error instanceof Error ? error.message : 'the reader failed', {
    cause: error,
  })
}
