import type { Clock, Db, Log } from '@anqu/platform'
import type { IssueNeeds } from '../issue/issue-certificate.ts'
import { keyFolderOf, loadKek } from '../keys/authority-keys.ts'
import { openResponderKey, type ResponderKey } from '../keys/responder-key.ts'
import { createResponder, type Responder } from './responder.ts'
import { openRevocationLists, type RevocationLists } from './revocation-lists.ts'

type Needs = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly dataDir: string
  readonly issuing: IssueNeeds
}
type Publication = {
  readonly lists: RevocationLists
  readonly responderKey: ResponderKey
  readonly responder: Responder
}

/** All by which everybody learns the state of certificates. */
export async function openPublication(needs: Needs): Promise<Publication> {
  const { db, clock, log, dataDir, issuing } = needs
  const kek = await loadKek(dataDir)
  const responderKey = await openResponderKey({ issuing, folder: keyFolderOf(dataDir), kek, clock, log })
  const { issuing: authority } = issuing.keys
  return {
    lists: await openRevocationLists({ db, clock, issuing: authority }),
    responderKey,
    responder: createResponder({ db, clock, issuing: authority.certificate, signer: responderKey.current }),
  }
}
