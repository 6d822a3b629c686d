import {
  Refusal,
  staffCertificate,
  staffCertificateSearch,
  staffCertificateStatistics,
  staffExpiryCalendar,
  staffHoldCertificate,
  staffPublication,
  staffTransition,
  type InputOf,
  type OutputOf,
} from '@anqu/contract'
import { bytesToBase64 } from '@anqu/encoding'
import { sql, type Db } from '@anqu/platform'
import { bind, staffOf, type BoundRoute, type RequestContext } from '../../http/bound-route.ts'
import { asStaffRefusal } from './authority-errors.ts'
import { takeOverState, type CertificateState } from './certificate-state.ts'
import { feedState, historyOf } from './event-feed.ts'
import { revocationFigures, revocationOf } from './revocations.ts'
import { actOf, recordingRefusal, type CertificateStaffNeeds } from './staff-needs.ts'

type Detail = OutputOf<typeof staffCertificate>

const proposalsShown = 20

/** What staff see of certificates, and the one thing that one of them may do alone. */
export function certificateStaffRoutes(needs: CertificateStaffNeeds): BoundRoute[] {
  const { db, clock, overview } = needs
  return [
    bind(staffCertificateSearch, async (input) => {
      const { certificates, nextCursor } = await asStaffRefusal(() => overview.search(input))
      const here = await statesHere(
        db,
        certificates.map(({ serial }) => serial),
      )
      return {
        certificates: certificates.map((row) => ({ ...row, here: here.get(row.serial) ?? null })),
        nextCursor,
      }
    }),
    bind(staffCertificate, ({ serial }) => detail(needs, serial)),
    bind(staffHoldCertificate, (input, context) => hold(needs, input, context)),
    bind(staffExpiryCalendar, async ({ fromDay, days }) => {
      const fromMs = Date.parse(`${fromDay}T00:00:00+08:00`)
      return { days: await asStaffRefusal(() => overview.expiryCalendar({ fromMs, days })) }
    }),
    bind(staffPublication, async () => ({
      atMs: clock.nowMs(),
      ...(await asStaffRefusal(() => overview.publication())),
    })),
    bind(staffTransition, async () => ({
      atMs: clock.nowMs(),
      ...(await asStaffRefusal(() => overview.transition())),
    })),
    bind(staffCertificateStatistics, async () => ({
      atMs: clock.nowMs(),
      ...(await asStaffRefusal(() => overview.statistics())),
      revocations: await revocationFigures(db),
      feed: await feedState(db),
    })),
  ]
}

async function statesHere(
  db: Db,
  serials: readonly string[],
): Promise<ReadonlyMap<string, CertificateState>> {
  const rows = await db.query<{ serial: string; state: CertificateState }>(
    sql`select serial, state from certificate where serial = any(${serials}::text[])`,
  )
  return new Map(rows.map(({ serial, state }) => [serial, state]))
}

async function detail(needs: CertificateStaffNeeds, serial: string): Promise<Detail> {
  const { db, authority, overview } = needs
  const [found, anchors, open] = await asStaffRefusal(() =>
    Promise.all([
      overview.read(serial),
      authority.anchors(),
      overview.proposals({ state: 'open', serial, limit: proposalsShown }),
    ]),
  )
  if (found === undefined) throw new Refusal('certificate.not-found')
  const state = (await statesHere(db, [serial])).get(serial)
  return {
    certificate: found.certificate,
    chain: [found.der, ...anchors].map((der) => bytesToBase64(der)),
    here: state === undefined ? null : { state, revocation: await revocationOf(db, serial) },
    history: await named(needs, await historyOf(db, serial)),
    openProposals: open.proposals.map(({ proposalId }) => proposalId),
  }
}

/** The CA names officers as the channel named them: by their ids, two of them joined by a plus. */
async function named(
  { staffNames }: CertificateStaffNeeds,
  history: Omit<Detail['history'][number], 'actorNames'>[],
): Promise<Detail['history']> {
  const idsOf = (actor: string | null): string[] => actor?.split(' + ') ?? []
  const names = await staffNames([...new Set(history.flatMap(({ actor }) => idsOf(actor)))])
  return history.map((event) => ({
    ...event,
    actorNames: idsOf(event.actor).flatMap((staffId) => names.get(staffId) ?? []),
  }))
}

/** Nothing is lost by a hold, so one may place it, at once; lifting it takes two. */
async function hold(
  needs: CertificateStaffNeeds,
  { serial, reason }: InputOf<typeof staffHoldCertificate>,
  context: RequestContext,
): Promise<OutputOf<typeof staffHoldCertificate>> {
  const { db, audit, overview, notifyIn } = needs
  const { staffId } = staffOf(context, ['operator', 'administrator'])
  const act = {
    event: 'staff.certificate-held',
    description: `Certificate put on hold: ${reason}`,
    staffId,
    resource: `certificate:${serial}`,
  }
  const { correlationId } = context
  const status = await recordingRefusal(audit, act, context, () =>
    asStaffRefusal(() => overview.hold({ serial, reason, officer: staffId, correlationId })),
  )
  if (status !== 'suspended') throw new Refusal('certificate.not-found', status)
  await db.transaction(async (tx) => {
    await takeOverState(tx, { serial, state: 'suspended', notifyIn })
    await audit.recordIn(tx, actOf(act, context))
  })
  return { status }
}
