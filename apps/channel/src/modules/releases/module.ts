import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { manifestFile, releaseIn } from '@anqu/app-package'
import { Refusal, type InputOf, type sessionsBeginLogin } from '@anqu/contract'
import { sql, type Clock, type Db } from '@anqu/platform'

type Login = Pick<InputOf<typeof sessionsBeginLogin>, 'environment' | 'appPackage'>

export type Releases = {
  /** Throws `client.unknown-package` for an app in a browser that runs from something else than a release of ours. */
  assertOurs(login: Login): Promise<void>
}

/** `directory` is the release that is served; a channel that serves none lets every app in. */
export function createReleases({
  db,
  clock,
  directory,
}: {
  db: Db
  clock: Clock
  directory: string | undefined
}): Releases {
  const isKnown = async (releaseId: string): Promise<boolean> =>
    (await db.query(sql`select 1 from app_release where release_id = ${releaseId}`)).length > 0

  /** A publisher may have put another release there since. */
  const noteServed = async (folder: string): Promise<void> => {
    const served = releaseIn(await readFile(path.join(folder, manifestFile)))
    if (served === undefined) return
    await db.execute(sql`
      insert into app_release (release_id, version, released_at_ms, first_seen_ms)
      values (${served.id}, ${served.version}, ${served.releasedAtMs}, ${clock.nowMs()})
      on conflict do nothing`)
  }

  return {
    async assertOurs({ environment, appPackage }) {
      if (directory === undefined || environment.platform !== 'h5') return
      if (appPackage === undefined) throw new Refusal('client.unknown-package', 'none was named')
      if (await isKnown(appPackage)) return
      await noteServed(directory)
      if (!(await isKnown(appPackage))) throw new Refusal('client.unknown-package', 'not handed out here')
    },
  }
}
