import { base64ToBytes, bytesToBase64 } from '@anqu/encoding'
import { Sm2PrivateKey, type SecretBytes } from '@anqu/gm-crypto'
import { createCsr, parseCertificate, privateKeySigner } from '@anqu/pki'
import { uuidv7, type Clock, type Log } from '@anqu/platform'
import { issue, type IssueNeeds } from '../issue/issue-certificate.ts'
import type { AuthorityKey, KeyFolder } from './key-folder.ts'

export type ResponderKey = {
  current(): AuthorityKey
  /** Makes the next key when half of this one's life is over. */
  renewWhenDue(): Promise<void>
}

type Needs = {
  readonly issuing: IssueNeeds
  readonly folder: KeyFolder
  readonly kek: SecretBytes
  readonly clock: Clock
  readonly log: Log
}

const label = 'ocsp'

/** The key that signs status answers: its certificate is short-lived, since nobody asks for its state (RFC 6960 4.2.2.2.1). */
export async function openResponderKey(needs: Needs): Promise<ResponderKey> {
  let key = (await stored(needs)) ?? (await make(needs))
  const renewWhenDue = async (): Promise<void> => {
    if (isDue(key, needs)) key = await make(needs)
  }
  await renewWhenDue()
  return { current: () => key, renewWhenDue }
}

function isDue({ certificate }: AuthorityKey, { clock, issuing }: Needs): boolean {
  const { notBeforeMs, notAfterMs, issuerKey } = certificate
  return (
    clock.nowMs() >= (notBeforeMs + notAfterMs) / 2 ||
    issuerKey !== issuing.keys.issuing.certificate.subjectKey
  )
}

/** A kill between the two files leaves a key without its certificate; it never signed anything and is made anew. */
async function stored({ folder, kek, log }: Needs): Promise<AuthorityKey | undefined> {
  if ((await folder.read(`${label}.cer`)) === undefined) return undefined
  return folder.readKey(label, kek).catch((error: unknown) => {
    log.warn({ error }, 'the key for status answers cannot be used; making another one')
    return undefined
  })
}

async function make({ issuing, folder, kek }: Needs): Promise<AuthorityKey> {
  const key = Sm2PrivateKey.generate()
  const csr = await createCsr({
    key: privateKeySigner(key),
    subject: [{ type: 'CN', value: 'Anqu OCSP Responder' }],
  })
  const id = uuidv7(issuing.clock.nowMs())
  const issued = await issue(issuing, {
    profile: 'ocsp-signing',
    csr: bytesToBase64(csr),
    caller: 'ca',
    idempotencyKey: `ocsp:${id}`,
    correlationId: id,
    registration: null,
    subject: null,
  })
  const made = { key, certificate: parseCertificate(base64ToBytes(issued.certificate)) }
  await folder.writeKey(label, made, kek)
  return made
}
