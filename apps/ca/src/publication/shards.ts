import type { ExtensionRequest } from '@anqu/pki'
import { sql, type Clock, type Db } from '@anqu/platform'

type Places = Pick<ExtensionRequest, 'crlUrls' | 'deltaCrlUrls' | 'ocspUrls' | 'caIssuerUrls'>

export type Shards = {
  /** Which list a new certificate belongs to, and what it says about where its state is found. */
  placeOf(serialHex: string): { readonly shard: string; readonly places: Places }
}

export type ShardOptions = {
  readonly db: Db
  readonly clock: Clock
  /** Where relying parties reach this CA, without a slash at the end. */
  readonly publicUrl: string
  /** Over how many lists new certificates are spread. */
  readonly shardCount: number
}

/** Paths below the public URL. */
export const publicPaths = {
  ocsp: '/ocsp',
  list: (shard: string) => `/crl/${shard}.crl`,
  delta: (shard: string) => `/crl/${shard}-delta.crl`,
  rootList: '/crl/root.crl',
  issuing: '/ca/issuing.cer',
  root: '/ca/root.cer',
} as const

type Generation = { generation: number; base_url: string; shard_count: number }

/** The lists in force; a new generation begins when the public URL or the number of lists was changed. */
export async function openShards({ db, clock, publicUrl, shardCount }: ShardOptions): Promise<Shards> {
  const generation = await db.transaction(async (tx) => {
    const last = await tx.maybe<Generation>(
      sql`select generation, base_url, shard_count from crl_generation order by generation desc limit 1`,
    )
    if (last?.base_url === publicUrl && last.shard_count === shardCount) return last.generation
    const next = (last?.generation ?? 0) + 1
    await tx.execute(sql`
      insert into crl_generation (generation, base_url, shard_count, since_ms)
      values (${next}, ${publicUrl}, ${shardCount}, ${clock.nowMs()})`)
    const shards = Array.from({ length: shardCount }, (_none, index) => shardName(next, index))
    await tx.execute(sql`
      insert into crl_shard (shard, full_url, delta_url)
      select * from unnest(${shards}::text[], ${shards.map((shard) => publicUrl + publicPaths.list(shard))}::text[],
        ${shards.map((shard) => publicUrl + publicPaths.delta(shard))}::text[])`)
    return next
  })
  const common = { ocspUrls: [publicUrl + publicPaths.ocsp], caIssuerUrls: [publicUrl + publicPaths.issuing] }
  return {
    placeOf(serialHex) {
      // Serials are random, so that their last bits spread certificates evenly.
      const shard = shardName(generation, Number.parseInt(serialHex.slice(-4), 16) % shardCount)
      return {
        shard,
        places: {
          ...common,
          crlUrls: [publicUrl + publicPaths.list(shard)],
          deltaCrlUrls: [publicUrl + publicPaths.delta(shard)],
        },
      }
    },
  }
}

const shardName = (generation: number, index: number): string =>
  `${generation}-${index.toString(16).padStart(2, '0')}`
