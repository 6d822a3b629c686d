import { appendFile, mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import type { RevocationReason } from '@anqu/pki'

/** In the letters of a well-known CA's index file: valid, on hold, revoked. */
export type Letter = 'V' | 'H' | 'R'

export interface Entry {
  readonly serial: string
  readonly der: Uint8Array
  readonly notAfterMs: number
  readonly requestId: string
  readonly csrHash: string
  /** Who the key belongs to. */
  readonly owner: string
  readonly replaces: string | undefined
  readonly letter: Letter
  readonly reason: RevocationReason
  readonly changedAtMs: number
}

type Line =
  | { issued: Omit<Entry, 'der' | 'replaces'> & { der: string; replaces?: string } }
  | {
      changed: Pick<Entry, 'serial' | 'letter' | 'reason' | 'changedAtMs'>
    }

/** What this CA has issued: a file with one line for each event, read at the start and kept in memory. */
export class Register {
  readonly #file: string
  readonly #entries = new Map<string, Entry>()
  readonly #requests = new Map<string, string>()
  #written = Promise.resolve()

  private constructor(file: string) {
    this.#file = file
  }

  static async open(folder: string): Promise<Register> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const register = new Register(path.join(folder, 'register.jsonl'))
    let text = ''
    try {
      text = await readFile(register.#file, 'utf8')
    } catch {
      // The first start: nothing was issued yet.
    }
    for (const line of text.split('\n')) if (line !== '') register.#apply(JSON.parse(line) as Line) // our own lines
    return register
  }

  #apply(line: Line): void {
    if ('issued' in line) {
      const { der, replaces, ...rest } = line.issued
      this.#entries.set(rest.serial, { ...rest, der: base64ToBytes(der), replaces })
      this.#requests.set(rest.requestId, rest.serial)
      return
    }
    const entry = this.#entries.get(line.changed.serial)
    if (entry) this.#entries.set(entry.serial, { ...entry, ...line.changed })
  }

  /** On disk before it is known: a certificate that is handed out is never forgotten. */
  async #append(line: Line): Promise<void> {
    this.#written = this.#written.then(() =>
      appendFile(this.#file, `${JSON.stringify(line)}\n`, { flush: true }),
    )
    await this.#written
    this.#apply(line)
  }

  find(serial: string): Entry | undefined {
    return this.#entries.get(serial)
  }

  byRequest(requestId: string): Entry | undefined {
    return this.#entries.get(this.#requests.get(requestId) ?? '')
  }

  ownerOfKey(csrKey: string): string | undefined {
    for (const { csrHash, owner } of this.#entries.values()) if (csrHash === csrKey) return owner
    return undefined
  }

  add({ der, replaces, ...entry }: Entry): Promise<void> {
    return this.#append({ issued: { ...entry, der: bytesToBase64(der), ...(replaces && { replaces }) } })
  }

  change(serial: string, letter: Letter, reason: RevocationReason, changedAtMs: number): Promise<void> {
    return this.#append({ changed: { serial, letter, reason, changedAtMs } })
  }
}
