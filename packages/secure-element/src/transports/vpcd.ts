import { connect, createServer, type Server, type Socket } from 'node:net'
import { encodeResponse } from '../apdu/response.ts'
import { StatusWord } from '../apdu/status-word.ts'
import { ANSWER_TO_RESET } from '../runtime/card.ts'
import type { CardConnection } from './card-connection.ts'
import { encodeVpcdFrame, VpcdFrames } from './vpcd-frames.ts'

const POWER_OFF = 0x00
const POWER_ON = 0x01
const RESET = 0x02
const GET_ATR = 0x04

/** vpcd's own default: the first slot of its reader. */
export const VPCD_PORT = 35_963
const RETRY_DELAY_MS = 1_000
const NOTHING = new Uint8Array(0)

export interface VpcdOptions {
  readonly host?: string
  readonly port?: number
  /** Told when the reader takes the card and when it goes away. */
  readonly onState?: (state: 'inserted' | 'removed') => void
}

/**
 * Puts `card` into the virtual reader of pcscd (vsmartcard-vpcd), so that every PC/SC program sees a card in a reader.
 * The card connects to the reader, and again whenever the reader goes away, until `remove` is called.
 */
export function insertIntoVpcd(card: CardConnection, options: VpcdOptions = {}): { remove(): Promise<void> } {
  const { host = '127.0.0.1', port = VPCD_PORT, onState = () => undefined } = options
  let socket: Socket | undefined
  let retry: NodeJS.Timeout | undefined
  let removed = false
  const insert = (): void => {
    socket = connect({ host, port })
    // Each APDU is one small message that the reader waits for: holding it back to fill a packet only costs time.
    socket.setNoDelay(true)
    socket.on('connect', () => onState('inserted'))
    serve(card, socket)
    // The reason is not needed: whatever closed the connection, the answer is to try again.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      onState('removed')
      if (!removed) retry = setTimeout(insert, RETRY_DELAY_MS)
    })
  }
  insert()
  return {
    async remove() {
      removed = true
      clearTimeout(retry)
      socket?.destroy()
      await card.reset()
    },
  }
}

/** Where the card waits for a reader that comes to it: not vpcd's own ports, so that both ways can be used on one machine. */
export const LOOPBACK_PORT = 35_970

/**
 * As `insertIntoVpcd` the other way round: the card listens, on the loopback address only, and the reader connects to it
 * (reader.conf with DEVICENAME 127.0.0.1:0x8C82). So nobody outside the machine reaches either. vpcd has two slots and
 * connects to both ports; in the second there is a card that refuses everything.
 */
export async function waitForVpcd(
  card: CardConnection,
  options: Omit<VpcdOptions, 'host'> = {},
): Promise<{ remove(): Promise<void> }> {
  const { port = LOOPBACK_PORT, onState = () => undefined } = options
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const slot = createServer((socket) => {
    keep(socket)
    socket.setNoDelay(true)
    onState('inserted')
    socket.on('close', () => onState('removed'))
    serve(card, socket)
  })
  const second = createServer((socket) => {
    keep(socket)
    serve(REFUSING_CARD, socket)
  })
  await listen(slot, port)
  await listen(second, port + 1)
  return {
    async remove() {
      for (const server of [slot, second]) server.close()
      for (const socket of sockets) socket.destroy()
      await card.reset()
    },
  }
}

/** vpcd waits, with all its readers, for an answer to reset from either slot: so there is a card that refuses every command. */
const REFUSING_CARD: CardConnection = {
  transmit: async () => encodeResponse(NOTHING, StatusWord.instructionNotSupported),
  reset: async () => undefined,
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}

/** Answers the reader's messages on `socket`, one after another. */
export function serve(card: CardConnection, socket: Socket): void {
  const frames = new VpcdFrames()
  let queue: Promise<void> = Promise.resolve()
  socket.on('data', (chunk) => {
    for (const message of frames.push(chunk)) {
      queue = queue.then(async () => {
        const reply = await answer(card, message)
        if (reply !== undefined && socket.writable) socket.write(encodeVpcdFrame(reply))
      })
    }
  })
  socket.on('close', () => void queue.then(() => card.reset()))
}

async function answer(card: CardConnection, message: Uint8Array): Promise<Uint8Array | undefined> {
  if (message.length > 1) return transmit(card, message)
  const [control] = message
  if (control === GET_ATR) return ANSWER_TO_RESET
  // Power on needs nothing: the card powers itself up at its first command.
  if (control === POWER_OFF || control === RESET) await card.reset()
  else if (control !== POWER_ON) return encodeResponse(NOTHING, StatusWord.wrongLength)
  return undefined
}

/** A card whose memory cannot be used answers like a broken chip; the program at the reader has no other words. */
async function transmit(card: CardConnection, command: Uint8Array): Promise<Uint8Array> {
  try {
    return await card.transmit(command)
  } catch {
    return encodeResponse(NOTHING, StatusWord.memoryFailure)
  }
}
