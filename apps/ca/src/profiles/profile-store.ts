import { sql, type Clock, type Db, type Queryable } from '@anqu/platform'
import type { z } from 'zod'
import { profileParameters, type profilesAnswer } from '../api/officers.ts'
import {
  profileLimits,
  profileNames,
  type Profile,
  type ProfileName,
  type ProfileParameters,
} from './profiles.ts'

type Row = {
  name: ProfileName
  version: number
  parameters: unknown
  since_ms: bigint
  proposal_id: string | null
}

export type ProfileStore = {
  /** The version in force. */
  current(name: ProfileName): Profile
  /** Adds a version in the transaction that approves it. */
  addVersion(
    tx: Queryable,
    change: { name: ProfileName; parameters: ProfileParameters; proposalId: string },
  ): Promise<void>
  /** Reads what is in force now; called after a change is durable. */
  reload(): Promise<void>
  describe(): Promise<z.infer<typeof profilesAnswer>>
}

/** Profiles with all their versions. The first version of each comes with the program. */
export async function openProfileStore(needs: { db: Db; clock: Clock }): Promise<ProfileStore> {
  const { db, clock } = needs
  for (const name of profileNames)
    await db.execute(sql`
      insert into profile_version (name, version, parameters, since_ms)
      values (${name}, 1, ${sql.json(profileLimits[name].first)}, ${clock.nowMs()}) on conflict do nothing`)
  const profiles = new Map<ProfileName, Profile>()
  const reload = async (): Promise<void> => {
    const rows = await db.query<Row>(sql`
      select distinct on (name) name, version, parameters, since_ms, proposal_id from profile_version order by name, version desc`)
    for (const row of rows)
      profiles.set(row.name, {
        name: row.name,
        version: row.version,
        parameters: profileParameters.parse(row.parameters),
      })
  }
  await reload()
  return {
    current(name) {
      const found = profiles.get(name)
      if (found === undefined) throw new RangeError(`no profile ${name}`)
      return found
    },
    async addVersion(tx, { name, parameters, proposalId }) {
      await tx.execute(sql`
        insert into profile_version (name, version, parameters, since_ms, proposal_id)
        select ${name}, max(version) + 1, ${sql.json(parameters)}, ${clock.nowMs()}, ${proposalId}
        from profile_version where name = ${name}`)
    },
    reload,
    async describe() {
      const rows = await db.query<Row>(
        sql`select name, version, parameters, since_ms, proposal_id from profile_version order by version`,
      )
      return { profiles: profileNames.flatMap((name) => describe(name, rows)) }
    },
  }
}

function describe(name: ProfileName, rows: readonly Row[]): z.infer<typeof profilesAnswer>['profiles'] {
  const history = rows
    .filter((row) => row.name === name)
    .map((row) => ({
      version: row.version,
      sinceMs: Number(row.since_ms),
      parameters: profileParameters.parse(row.parameters),
      proposalId: row.proposal_id,
    }))
  const now = history.at(-1)
  if (now === undefined) return []
  const { maxValidDays, requiredKeyUsage, allowedKeyUsage, mayBeTransitional = false } = profileLimits[name]
  return [
    {
      name,
      version: now.version,
      sinceMs: now.sinceMs,
      parameters: now.parameters,
      limits: {
        maxValidDays,
        requiredKeyUsage: [...requiredKeyUsage],
        allowedKeyUsage: [...allowedKeyUsage],
        mayBeTransitional,
      },
      history,
    },
  ]
}
