/**
 * SM2 off the main thread, for servers on Node: a fixed number of workers behind a bounded queue. What a single operation
 * gains and costs is in docs/reference/benchmarks.md; a lone signature is quicker where it is called.
 */
export { createGmPool, type GmPool, type GmPoolOptions, type PooledKey } from './pool.ts'
