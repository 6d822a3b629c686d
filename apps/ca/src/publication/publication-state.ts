import type { z } from 'zod'
import { policy } from '@anqu/policy'
import type { publicationAnswer } from '../api/publication.ts'
import type { AuthorityKeys } from '../keys/authority-keys.ts'
import type { ResponderKey } from '../keys/responder-key.ts'
import type { Responder } from './responder.ts'
import type { PublishedList, RevocationLists } from './revocation-lists.ts'
import { publicPaths } from './shards.ts'

export type PublicationNeeds = {
  readonly keys: AuthorityKeys
  readonly publicUrl: string
  readonly lists: RevocationLists
  readonly responder: Responder
  readonly responderKey: ResponderKey
}
type Answer = z.infer<typeof publicationAnswer>

export function readPublication(needs: PublicationNeeds): Answer {
  const { keys, publicUrl, lists, responder, responderKey } = needs
  const { serialHex, notAfterMs } = responderKey.current().certificate
  const root = keys.rootList
  return {
    rootList: root
      ? {
          url: publicUrl + publicPaths.rootList,
          number: root.number.toString(),
          thisUpdateMs: root.thisUpdateMs,
          nextUpdateMs: root.nextUpdateMs,
          entries: root.size,
          bytes: root.raw.length,
        }
      : null,
    shards: [...lists.all()].map(([shard, { full, delta }]) => ({
      shard,
      full: describe(full),
      delta: describe(delta),
    })),
    ocsp: {
      url: publicUrl + publicPaths.ocsp,
      responderSerial: serialHex,
      responderNotAfterMs: notAfterMs,
      validMs: policy.certificate.ocspValidMs,
      cachedAnswers: responder.cachedAnswers(),
    },
  }
}

const describe = (list: PublishedList): Answer['shards'][number]['full'] => ({
  url: list.url,
  number: list.number.toString(),
  thisUpdateMs: list.thisUpdateMs,
  nextUpdateMs: list.nextUpdateMs,
  entries: list.entries,
  bytes: list.der.length,
})
