/** Splits the byte stream of the virtual reader into messages: a 2-byte big-endian length, then that many bytes. */
export class VpcdFrames {
  #pending: Uint8Array = new Uint8Array(0)

  /** The messages that `chunk` completes. What is held back is never longer than one message (65,537 bytes). */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = new Uint8Array(this.#pending.length + chunk.length)
    bytes.set(this.#pending)
    bytes.set(chunk, this.#pending.length)
    const messages: Uint8Array[] = []
    let at = 0
    for (;;) {
      const [high, low] = bytes.subarray(at, at + 2)
      if (high === undefined || low === undefined) break
      const end = at + 2 + ((high << 8) | low)
      if (end > bytes.length) break
      messages.push(bytes.slice(at + 2, end))
      at = end
    }
    this.#pending = bytes.slice(at)
    return messages
  }
}

/** @throws RangeError for a message longer than 65,535 bytes. */
export function encodeVpcdFrame(message: Uint8Array): Uint8Array {
  if (message.length > 0xffff) throw new RangeError('a virtual reader message has at most 65,535 bytes')
  const frame = new Uint8Array(message.length + 2)
  frame.set([message.length >> 8, message.length & 0xff])
  frame.set(message, 2)
  return frame
}
