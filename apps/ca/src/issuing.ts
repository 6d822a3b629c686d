import type { Certificate } from '@anqu/pki'
import { migrate, platformMigrations, type Clock, type Db } from '@anqu/platform'
import type { z } from 'zod'
import type { issueAnswer, issueRequest } from './api/schemas.ts'
import { issueCustomer } from './issue/issue-certificate.ts'
import { createRegister } from './issue/register-certificates.ts'
import { loadAuthorityKeys } from './keys/authority-keys.ts'
import { openProfileStore } from './profiles/profile-store.ts'
import { allOnShard } from './publication/list-content.ts'
import { openShards } from './publication/shards.ts'
import { migrations } from './store/migrations.ts'

export { createAuthority } from './authority.ts'

/** Issuing and listing without the service around them, to be measured beside the floor of their own parts. */
export type Issuing = {
  readonly issuer: Certificate
  issue(order: z.infer<typeof issueRequest>): Promise<z.infer<typeof issueAnswer>>
  /** Reads a shard's list content; answers its number of entries and its encoding. */
  listContent(shard: string): Promise<{ size: number; encoded: Uint8Array }>
}

export async function openIssuing(needs: { db: Db; clock: Clock; dataDir: string }): Promise<Issuing> {
  const { db, clock } = needs
  const publicUrl = 'http://ca.example'
  await migrate(db, [platformMigrations, migrations], { clock })
  const keys = await loadAuthorityKeys({ ...needs, profile: 'demo', publicUrl })
  const profiles = await openProfileStore({ db, clock })
  const shards = await openShards({ db, clock, publicUrl, shardCount: 1 })
  const register = createRegister(db, clock)
  return {
    issuer: keys.issuing.certificate,
    issue: (order) => issueCustomer({ db, clock, keys, profiles, shards, register }, order, 'bench'),
    async listContent(shard) {
      const entries = await allOnShard(db, shard, 0)
      return { size: entries.size, encoded: entries.encode() }
    },
  }
}
