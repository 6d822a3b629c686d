// What goes between a page and its card worker: one buffer a message, which is transferred and not copied, so that no PIN
// stays behind, and which costs the browser a third of the same as objects. A message is frames one after the other:
// id (4 bytes), kind (1), number of parts (1), each part after its length (4). Whatever is no such sequence is no message.

/** Of one frame: the APDUs of a group. */
export const MOST_PARTS = 64
/** Of one message. */
export const MOST_FRAMES = 64
const HEADER = 6
const LENGTH = 4

/** A request is `commands` (no parts: reset); it is answered by `answers` or by `failure` (its code and detail). */
export const FrameKind = { reset: 0, commands: 1, answers: 2, failure: 3 } as const
export type FrameKindByte = (typeof FrameKind)[keyof typeof FrameKind]

export interface Frame {
  readonly id: number
  readonly kind: FrameKindByte
  readonly parts: readonly Uint8Array[]
}

/** A buffer of its own, ready to be transferred. */
export function encodeFrames(frames: readonly Frame[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(frames.reduce((length, frame) => length + lengthOf(frame), 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { id, kind, parts } of frames) {
    view.setUint32(at, id)
    view.setUint8(at + 4, kind)
    view.setUint8(at + 5, parts.length)
    at += HEADER
    for (const part of parts) {
      view.setUint32(at, part.length)
      bytes.set(part, at + LENGTH)
      at += LENGTH + part.length
    }
  }
  return bytes
}

function lengthOf({ parts }: Frame): number {
  return parts.reduce((length, part) => length + LENGTH + part.length, HEADER)
}

/**
 * The frames of a message, their parts views of it; undefined for what is none of ours. Bytes in shared memory are not: a hostile
 * page could change a command between the look at it and its use.
 */
export function decodeFrames(data: unknown): Frame[] | undefined {
  if (!(data instanceof Uint8Array) || !(data.buffer instanceof ArrayBuffer)) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const frames: Frame[] = []
  let at = 0
  while (at < data.length) {
    if (frames.length === MOST_FRAMES || at + HEADER > data.length) return undefined
    const kind = view.getUint8(at + 4)
    const count = view.getUint8(at + 5)
    if (!isKind(kind) || count > MOST_PARTS) return undefined
    const id = view.getUint32(at)
    const parts: Uint8Array[] = []
    at += HEADER
    for (let part = 0; part < count; part++) {
      if (at + LENGTH > data.length) return undefined
      const end = at + LENGTH + view.getUint32(at)
      if (end > data.length) return undefined
      parts.push(data.subarray(at + LENGTH, end))
      at = end
    }
    frames.push({ id, kind, parts })
  }
  return frames
}

const isKind = (byte: number): byte is FrameKindByte => byte <= FrameKind.failure
