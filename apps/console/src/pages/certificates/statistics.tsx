import { staffCertificateStatistics, type OutputOf } from '@anqu/contract'
import { Facts, Notice, useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { DataTable, LoadedView, Panel, Short, When, type Column } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { certificateTexts } from './certificate-texts.ts'
import { useProfileName } from './certificate-pill.tsx'
import { overviewTexts } from './overview-texts.ts'

type Numbers = OutputOf<typeof staffCertificateStatistics>
type Refused = Numbers['revocations']['refused'][number]
const statuses = ['good', 'suspended', 'revoked', 'expired'] as const
type Status = (typeof statuses)[number]

export const CertificateStatistics = () => {
  const { api } = useConsole()
  const { loaded, reload } = useLoad('certificate-statistics', () => api.call(staffCertificateStatistics, {}))
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {(numbers) => (
        <>
          {numbers.feed.broken !== null && <Broken feed={numbers.feed} />}
          <Tiles numbers={numbers} />
          <div className="co-columns">
            <ByProfile numbers={numbers} />
            <Systems numbers={numbers} />
          </div>
        </>
      )}
    </LoadedView>
  )
}

const Broken = ({ feed }: { feed: Numbers['feed'] }) => {
  const o = useTexts(overviewTexts)
  return (
    <Notice tone="danger" title={o('feedBroken')}>
      {feed.broken ?? ''} · <When atMs={feed.brokenSinceMs} />
    </Notice>
  )
}

const Tiles = ({ numbers }: { numbers: Numbers }) => {
  const { go } = useConsole()
  const o = useTexts(overviewTexts)
  const good = numbers.certificates
    .filter(({ status }) => status === 'good')
    .reduce((sum, { count }) => sum + count, 0)
  const tiles = [
    [o('goodNow'), good],
    [o('nearExpiry'), numbers.nearExpiry],
    [o('issuedLastDay'), numbers.issuedLastDay],
    [o('revokedLastDay'), numbers.revokedLastDay],
  ] as const
  return (
    <dl className="co-tiles">
      {tiles.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="aq-figures">{value}</dd>
        </div>
      ))}
      <div>
        <dt>{o('openProposals')}</dt>
        <dd className="aq-figures">
          <button type="button" className="co-link" onClick={() => go({ page: 'approvals', filters: {} })}>
            {numbers.openProposals}
          </button>
        </dd>
      </div>
    </dl>
  )
}

type ProfileRow = { profile: string; total: number } & Record<Status, number>

/** One row a profile, the largest first. */
function rowsOf(certificates: Numbers['certificates']): ProfileRow[] {
  const rows = new Map<string, ProfileRow>()
  for (const { profile, status, count } of certificates) {
    const row = rows.get(profile) ?? { profile, total: 0, good: 0, suspended: 0, revoked: 0, expired: 0 }
    if (status !== 'unknown') row[status] += count
    row.total += count
    rows.set(profile, row)
  }
  return [...rows.values()].toSorted((a, b) => b.total - a.total)
}

const ByProfile = ({ numbers }: { numbers: Numbers }) => {
  const { go } = useConsole()
  const o = useTexts(overviewTexts)
  const c = useTexts(certificateTexts)
  const profileName = useProfileName()
  const rows = rowsOf(numbers.certificates)
  const columns: Column<ProfileRow>[] = [
    {
      title: c('profile'),
      cell: (row) => (
        <button
          type="button"
          className="co-link"
          onClick={() => go({ page: 'certificates', filters: { profile: row.profile } })}
        >
          {profileName(row.profile)}
        </button>
      ),
    },
    { title: o('total'), align: 'end', cell: (row) => row.total },
    ...statuses.map((status): Column<ProfileRow> => ({
      title: c(status),
      align: 'end',
      cell: (row) => row[status],
    })),
  ]
  return (
    <Panel title={o('byProfile')}>
      <ul className="co-shares">
        {rows.map((row) => (
          <li key={row.profile}>
            <span>{profileName(row.profile)}</span>
            <Share row={row} most={rows[0]?.total ?? 1} />
            <span className="aq-figures">{row.total}</span>
          </li>
        ))}
      </ul>
      <ul className="co-legend" aria-hidden="true">
        {statuses.map((status) => (
          <li key={status} data-state={status}>
            {c(status)}
          </li>
        ))}
      </ul>
      <DataTable
        label={o('byProfile')}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.profile}
        empty={o('none')}
      />
    </Panel>
  )
}

/** A bar as SVG: widths are attributes, so no style is needed inline. The table below says the same in numbers. */
const Share = ({ row, most }: { row: ProfileRow; most: number }) => {
  const widthOf = (status: Status) => (row[status] / most) * 100
  const parts = statuses.map((status, index) => ({
    status,
    x: statuses.slice(0, index).reduce((sum, before) => sum + widthOf(before), 0),
    width: widthOf(status),
  }))
  return (
    <svg className="co-share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect className="co-share-ground" width="100" height="6" />
      {parts.map(({ status, x, width }) => (
        <rect key={status} data-state={status} x={x} width={width} height="6" />
      ))}
    </svg>
  )
}

const Systems = ({ numbers: { revocations, feed } }: { numbers: Numbers }) => {
  const o = useTexts(overviewTexts)
  const columns: Column<Refused>[] = [
    { title: o('serial'), cell: (row) => <Short id={row.serial} /> },
    { title: o('refusal'), cell: (row) => row.refusal },
    { title: o('time'), cell: (row) => <When atMs={row.atMs} /> },
  ]
  return (
    <Panel title={o('systems')}>
      <Facts
        facts={[
          { label: o('queued'), value: revocations.queued },
          {
            label: o('feed'),
            value:
              feed.readAtMs === null ? (
                o('feedNever')
              ) : (
                <>
                  {feed.position} · <When atMs={feed.readAtMs} />
                </>
              ),
          },
        ]}
      />
      <h3>{o('refused')}</h3>
      <DataTable
        label={o('refused')}
        columns={columns}
        rows={revocations.refused}
        rowKey={(row) => row.serial}
        empty={o('noRefused')}
      />
    </Panel>
  )
}
