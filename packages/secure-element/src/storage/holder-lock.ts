/**
 * A lock of this origin that the newest holder of a card takes away from the one before it. The browser tells the loser, so
 * as long as it has told nothing, the card is this holder's: asking IndexedDB at every PIN would cost ten signatures. The
 * news takes the time of a message between two pages; what is written in that time is refused by the storage itself.
 */
export class HolderLock {
  readonly #name: string
  #isHeld = false

  constructor(name: string) {
    this.#name = `${name}/holder`
  }

  /** Where there are no locks (no secure context, old browsers), never. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** From here on the storage is asked again. */
  drop(): void {
    this.#isHeld = false
  }

  async take(): Promise<void> {
    const locks = lockManager()
    if (locks === undefined) return
    await new Promise<void>((resolve, reject) => {
      const held = locks.request(this.#name, { steal: true }, () => {
        this.#isHeld = true
        resolve()
        return new Promise<never>(() => undefined)
      })
      // Ends only by being taken away, or by never having been given.
      held.catch((error: unknown) => {
        this.#isHeld = false
        reject(error instanceof Error ? error : new Error('no lock'))
      })
    })
  }
}

function lockManager(): LockManager | undefined {
  // Missing outside secure contexts and in Node 20, whatever the types say.
  const { navigator } = globalThis as { readonly navigator?: { readonly locks?: LockManager } }
  return navigator?.locks
}
