type Waiting<Item, Result> = {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export type BatchOptions<Item, Result> = {
  /** Does the work of several items in one go; answers a result for each, in their order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>
  /** Items that share one of these names never go together. */
  readonly names: (item: Item) => readonly string[]
  readonly largest: number
  /** How many batches may be on their way at once. */
  readonly lanes: number
}

/**
 * Puts together what comes while others are on their way, so that many callers share one statement and one commit. An item
 * that comes alone waits for nobody.
 */
export function createBatcher<Item, Result>(
  options: BatchOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  const { run, names, largest, lanes } = options
  let waiting: Waiting<Item, Result>[] = []
  let running = 0

  const take = (): Waiting<Item, Result>[] => {
    const taken: Waiting<Item, Result>[] = []
    const left: Waiting<Item, Result>[] = []
    const used = new Set<string>()
    for (const one of waiting) {
      const own = names(one.item)
      const fits = taken.length < largest && !own.some((name) => used.has(name))
      if (fits) for (const name of own) used.add(name)
      ;(fits ? taken : left).push(one)
    }
    waiting = left
    return taken
  }
  const runBatch = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ item }) => item))
      if (results.length !== batch.length) throw new RangeError('a batch answered another number of results')
      // One result for each, by the line above.
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
  const work = async (): Promise<void> => {
    running += 1
    while (waiting.length > 0) await runBatch(take())
    running -= 1
  }
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject })
      if (running < lanes) void work()
    })
}
