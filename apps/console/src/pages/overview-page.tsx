import { staffOverview, type OutputOf } from '@anqu/contract'
import { Button, formatFen, StatusPill, useTexts } from '@anqu/ui'
import { useConsole } from '../app/console-context.tsx'
import { texts } from '../app/texts.ts'
import { LoadedView, Panel } from '../features/parts.tsx'
import { useLoad } from '../features/use-load.ts'

type Overview = OutputOf<typeof staffOverview>

export const OverviewPage = () => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { loaded, reload } = useLoad('overview', () => api.call(staffOverview, {}))
  return (
    <>
      <div className="co-heading">
        <h1>{t('overview')}</h1>
        <Button look="secondary" onPress={reload}>
          {t('refresh')}
        </Button>
      </div>
      <LoadedView loaded={loaded} onRetry={reload}>
        {(overview) => <Figures overview={overview} />}
      </LoadedView>
    </>
  )
}

const Figures = ({ overview }: { overview: Overview }) => {
  const { go } = useConsole()
  const t = useTexts(texts)
  const tiles = [
    [t('premiumToday'), formatFen(BigInt(overview.premiumTodayFen))],
    [t('policies'), overview.policies],
    [t('customers'), overview.customers],
    [t('devices'), overview.boundDevices],
    [t('sessions'), overview.activeSessions],
  ] as const
  return (
    <>
      <dl className="co-tiles">
        {tiles.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="aq-figures">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="co-columns">
        <Panel title={t('lastDays')}>
          <Bars days={overview.lastDays} />
        </Panel>
        <Panel title={t('byState')}>
          {overview.operationsByState.length === 0 && <p className="co-empty">{t('none')}</p>}
          <ul className="co-states">
            {overview.operationsByState.map(({ state, count }) => (
              <li key={state}>
                <button
                  type="button"
                  className="co-link"
                  onClick={() => go({ page: 'operations', filters: { state } })}
                >
                  <StatusPill state={state} />
                </button>
                <span className="aq-figures">{count}</span>
              </li>
            ))}
          </ul>
        </Panel>
      </div>
    </>
  )
}

/** Bars as SVG: heights are attributes, so no style is needed inline. */
const Bars = ({ days }: { days: Overview['lastDays'] }) => {
  const t = useTexts(texts)
  const height = 140
  const step = 44
  const most = Math.max(1, ...days.map(({ paid, refused }) => paid + refused))
  if (days.length === 0) return <p className="co-empty">{t('none')}</p>
  return (
    <>
      <svg
        className="co-bars"
        viewBox={`0 0 ${Math.max(days.length * step, 300)} ${height + 24}`}
        role="img"
        aria-label={t('lastDays')}
      >
        {days.map(({ date, paid, refused }, index) => {
          const done = (paid / most) * height
          const lost = (refused / most) * height
          return (
            <g key={date} transform={`translate(${index * step + 8} 0)`}>
              <title>{`${date}: ${t('paid')} ${paid}, ${t('refused')} ${refused}`}</title>
              <rect className="co-bar-lost" y={height - done - lost} width="24" height={lost} rx="3" />
              <rect className="co-bar" y={height - done} width="24" height={done} rx="3" />
              <text x="12" y={height + 16} textAnchor="middle">
                {date.slice(5)}
              </text>
            </g>
          )
        })}
      </svg>
      <table className="co-table">
        <thead>
          <tr>
            <th scope="col">{t('day')}</th>
            <th scope="col" data-align="end">
              {t('paid')}
            </th>
            <th scope="col" data-align="end">
              {t('premium')}
            </th>
            <th scope="col" data-align="end">
              {t('refused')}
            </th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map(({ date, paid, premiumFen, refused }) => (
            <tr key={date}>
              <td data-title={t('day')}>{date}</td>
              <td data-title={t('paid')} data-align="end">
                {paid}
              </td>
              <td data-title={t('premium')} data-align="end">
                {formatFen(BigInt(premiumFen))}
              </td>
              <td data-title={t('refused')} data-align="end">
                {refused}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
