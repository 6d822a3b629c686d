import { bytesToUtf8, utf8ToBytes } from '@anqu/encoding'
import { sql } from '@anqu/platform'
import type { RequestContext } from '../../http/bound-route.ts'
import { maskEmail } from './domain/masking.ts'
import type { IdentityNeeds } from './module.ts'

const purpose = 'identity.email'

/** The address in the clear; for the one message that goes there. Null when the customer gave none. */
export async function findEmail(
  { db, keys }: Pick<IdentityNeeds, 'db' | 'keys'>,
  accountId: string,
): Promise<string | null> {
  const { sealed } = await db.one<{ sealed: Uint8Array | null }>(
    sql`select email_sealed as sealed from account where account_id = ${accountId}`,
  )
  return sealed === null ? null : bytesToUtf8(await keys.openFor(accountId, purpose, sealed))
}

/** Sets the address warnings go to, or forgets it. */
export async function setEmail(
  { db, keys, audit }: IdentityNeeds,
  { accountId, email, context }: { accountId: string; email: string | null; context: RequestContext },
): Promise<{ emailMasked: string | null }> {
  const sealed = email === null ? null : await keys.sealFor(accountId, purpose, utf8ToBytes(email))
  await db.transaction(async (tx) => {
    await tx.execute(sql`update account set email_sealed = ${sealed} where account_id = ${accountId}`)
    await audit.recordIn(tx, {
      event: email === null ? 'identity.email-removed' : 'identity.email-set',
      eventClass: 'identity',
      outcome: 'success',
      subject: accountId,
      description: 'The e-mail address for warnings was changed by its owner',
      origin: context.origin,
      resource: `account:${accountId}`,
      correlationId: context.correlationId,
    })
  })
  return { emailMasked: email === null ? null : maskEmail(email) }
}
