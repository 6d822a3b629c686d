import { staffTransition, type OutputOf } from '@anqu/contract'
import { Pill, useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { DataTable, LoadedView, Panel, When, type Column } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { dayOf } from './certificate-filters.ts'
import { useProfileName } from './certificate-pill.tsx'
import { algorithmNames } from './transition-fields.tsx'
import { transitionTexts } from './transition-texts.ts'

type Report = OutputOf<typeof staffTransition>

/** What is not SM2 yet: what may be so and until when, and who still signs so. */
export const TransitionView = () => {
  const { api } = useConsole()
  const t = useTexts(transitionTexts)
  const { loaded, reload } = useLoad('transition', () => api.call(staffTransition, {}))
  return (
    <>
      <p className="aq-field-hint">{t('lead')}</p>
      <LoadedView loaded={loaded} onRetry={reload}>
        {(report) => (
          <>
            <Allowed rows={report.allowed} />
            <InUse rows={report.inUse} />
          </>
        )}
      </LoadedView>
    </>
  )
}

const Allowed = ({ rows }: { rows: Report['allowed'] }) => {
  const t = useTexts(transitionTexts)
  const profileName = useProfileName()
  const columns: Column<Report['allowed'][number]>[] = [
    { title: t('profile'), cell: (row) => <b>{profileName(row.profile)}</b> },
    { title: t('algorithm'), cell: (row) => algorithmNames[row.algorithm] },
    { title: t('until'), cell: (row) => dayOf(row.untilMs) },
    { title: t('owner'), cell: (row) => row.owner },
    {
      title: t('state'),
      cell: (row) => <Pill tone={row.open ? 'warn' : 'plain'}>{t(row.open ? 'open' : 'over')}</Pill>,
    },
  ]
  return (
    <Panel title={t('allowed')}>
      <DataTable
        label={t('allowed')}
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.profile} ${row.algorithm}`}
        empty={t('noneAllowed')}
      />
    </Panel>
  )
}

const InUse = ({ rows }: { rows: Report['inUse'] }) => {
  const t = useTexts(transitionTexts)
  const profileName = useProfileName()
  const columns: Column<Report['inUse'][number]>[] = [
    { title: t('caller'), cell: (row) => <code className="co-id">{row.caller}</code> },
    { title: t('profile'), cell: (row) => profileName(row.profile) },
    { title: t('algorithm'), cell: (row) => algorithmNames[row.algorithm] },
    { title: t('certificates'), align: 'end', cell: (row) => row.certificates },
    { title: t('lastNotAfter'), cell: (row) => <When atMs={row.lastNotAfterMs} /> },
    { title: t('signatures'), align: 'end', cell: (row) => row.signatures },
    { title: t('lastSignature'), cell: (row) => <When atMs={row.lastSignatureMs} /> },
  ]
  return (
    <Panel title={t('inUse')}>
      <DataTable
        label={t('inUse')}
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.caller} ${row.profile} ${row.algorithm}`}
        empty={t('noneInUse')}
      />
    </Panel>
  )
}
