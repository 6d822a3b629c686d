import { concatBytes, utf8ToBytes } from '@anqu/encoding'
import { randomBytes, sm3 } from '@anqu/gm-crypto'

export type Fill = (bytes: Uint8Array) => void

const poolBytes = 2048

/**
 * Runs `work` with another random source in the place of this process's; the programs under test have their own. Small draws
 * share what was drawn before, so what is left of either source is used up at both ends.
 */
export function withRandomSource<T>(fill: Fill, work: () => T): T {
  const source = { isAsked: false }
  const put = <B extends ArrayBufferView | null>(target: B): B => {
    source.isAsked = true
    if (target !== null) fill(new Uint8Array(target.buffer, target.byteOffset, target.byteLength))
    return target
  }
  Object.defineProperty(crypto, 'getRandomValues', { value: put, configurable: true })
  try {
    while (!source.isAsked) drawOne()
    return work()
  } finally {
    Reflect.deleteProperty(crypto, 'getRandomValues')
    for (let drawn = 0; drawn < poolBytes; drawn += 1) randomBytes(1)
  }
}

function drawOne(): void {
  try {
    randomBytes(1)
  } catch {
    // A source that fails is for the work to meet.
  }
}

/** Everything that the platform's source gives while `work` runs, in the order it is given. */
export function heardRandom<T>(work: () => T): { result: T; heard: Buffer } {
  const real = crypto.getRandomValues.bind(crypto)
  const parts: Uint8Array[] = []
  const listen = (bytes: Uint8Array): void => {
    real(bytes as Uint8Array<ArrayBuffer>) // Handed on from a caller of Web Crypto, which takes no shared memory.
    parts.push(bytes.slice())
  }
  const result = withRandomSource(listen, work)
  return { result, heard: Buffer.concat(parts) }
}

/** A source whose bytes follow from a seed. */
export function seededSource(seed: string): Fill {
  let block = 0
  return (bytes) => {
    const blocks = Array.from({ length: Math.ceil(bytes.length / 32) }, () =>
      sm3(utf8ToBytes(`${seed} ${block++}`)),
    )
    bytes.set(concatBytes(...blocks).subarray(0, bytes.length))
  }
}
