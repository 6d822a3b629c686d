import path from 'node:path'
import { CaWorld } from '@anqu/ca/testing'
import type { FakeClock } from '@anqu/platform/testing'
import type { CertificationAuthority } from './authority.ts'
import type { AuthorityOverview } from './authority-overview.ts'
import { connectHttpAuthority } from './http-authority.ts'

/** A CA that runs in process, behind its adapter. */
export type AdaptedCa = {
  readonly authority: CertificationAuthority
  readonly overview: AuthorityOverview
  readonly clock: FakeClock
  /** It goes away, and answers no more. */
  leave(): Promise<void>
  close(): Promise<void>
}

export async function builtIn(): Promise<AdaptedCa> {
  const ca = await CaWorld.open()
  const callersDir = path.join(ca.folder, 'callers')
  const connected = await connectHttpAuthority({
    url: ca.url,
    dataDir: ca.folder,
    callersDir,
    clock: ca.clock,
  })
  let running = true
  return {
    ...connected,
    clock: ca.clock,
    async leave() {
      running = false
      await ca.authority.stop()
    },
    async close() {
      if (!running) await ca.start()
      await ca.close()
    },
  }
}
