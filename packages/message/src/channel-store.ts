/**
 * Where a server keeps its channels between requests; in memory, or shared by several processes. It holds traffic keys:
 * protect it like memory, or seal `state` before it is stored. Ids are ASCII and at most 80 characters long.
 */
export interface ChannelStore {
  /** Stores or replaces; does not touch what `advance` remembers. */
  put(id: string, state: Uint8Array, ttlMs: number): Promise<void>
  get(id: string): Promise<Uint8Array | undefined>
  /**
   * True only when `sequence` is greater than every earlier one under `id`, and then remembers it for at least `ttlMs`.
   * One atomic step: of two callers with one sequence exactly one is told true. Replay protection rests on it.
   */
  advance(id: string, sequence: bigint, ttlMs: number): Promise<boolean>
  remove(id: string): Promise<void>
}
