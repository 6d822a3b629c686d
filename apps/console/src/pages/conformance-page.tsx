import { staffConformance } from '@anqu/contract'
import {
  Button,
  PageState,
  Pill,
  TextField,
  formatDateTime,
  useBilingual,
  useLanguage,
  useTexts,
  type Tone,
} from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../app/console-context.tsx'
import { texts } from '../app/texts.ts'
import { DataTable, Drawer, LoadedView, Panel, type Column } from '../features/parts.tsx'
import { useLoad } from '../features/use-load.ts'
import {
  clausesMatching,
  conformanceReport,
  type ConformanceReport,
  type ReportClause,
} from './conformance-report.ts'

const tones: Readonly<Record<ReportClause['outcome'], Tone>> = {
  passed: 'good',
  failed: 'danger',
  skipped: 'warn',
  unchecked: 'plain',
}
const shownAtMost = 200

export const ConformancePage = () => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { loaded, reload } = useLoad('conformance', async () => {
    const { report } = await api.call(staffConformance, {})
    return report === null ? undefined : conformanceReport.parse(report)
  })
  return (
    <>
      <div className="co-heading">
        <h1>{t('conformance')}</h1>
        <Button look="secondary" onPress={reload}>
          {t('refresh')}
        </Button>
      </div>
      <LoadedView loaded={loaded} onRetry={reload}>
        {(report) =>
          report === undefined ? (
            <PageState icon="shield" title={t('noReport')}>
              {t('noReportText')}
            </PageState>
          ) : (
            <Report report={report} />
          )
        }
      </LoadedView>
    </>
  )
}

const Report = ({ report }: { report: ConformanceReport }) => {
  const language = useLanguage()
  const t = useTexts(texts)
  const [text, setText] = useState('')
  const [onlyFailed, setOnlyFailed] = useState(false)
  const [open, setOpen] = useState<ReportClause>()
  const { clauses, controls } = report.totals
  const tiles = [
    [t('clauses'), clauses.runtime],
    [t('checked'), clauses.checked],
    [t('passed'), clauses.passed],
    [t('failed'), clauses.failed],
    [t('controls'), `${controls.passed} / ${controls.passed + controls.failed + controls.skipped}`],
  ] as const
  const columns: Column<ReportClause>[] = [
    { title: t('clauses'), cell: (row) => <code className="co-id">{row.id}</code> },
    { title: t('state'), cell: (row) => <Pill tone={tones[row.outcome]}>{t(row.outcome)}</Pill> },
    { title: t('area'), cell: (row) => row.area },
    { title: t('description'), cell: (row) => (language === 'zh' ? row.zh : row.en) },
    { title: t('controls'), cell: (row) => row.controls.join(', ') },
  ]
  const found = clausesMatching(report, text, onlyFailed ? 'failed' : 'all')
  return (
    <>
      <p className="aq-field-hint">
        {t('ranAt', { time: formatDateTime(report.finishedAtMs, language), version: report.version })}
      </p>
      <dl className="co-tiles">
        {tiles.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className="aq-figures">{value}</dd>
          </div>
        ))}
      </dl>
      <Standards report={report} />
      <div className="co-filters">
        <TextField label={t('searchClause')} value={text} onChange={setText} />
        <label className="aq-check">
          <input
            type="checkbox"
            checked={onlyFailed}
            onChange={(event) => setOnlyFailed(event.target.checked)}
          />
          <span>{t('onlyFailed')}</span>
        </label>
      </div>
      <DataTable
        label={t('clauses')}
        columns={columns}
        rows={found.slice(0, shownAtMost)}
        rowKey={(row) => row.id}
        empty={t('none')}
        onOpen={setOpen}
      />
      {open && <ClauseDrawer clause={open} report={report} onClose={() => setOpen(undefined)} />}
    </>
  )
}

const Standards = ({ report }: { report: ConformanceReport }) => {
  const language = useLanguage()
  const t = useTexts(texts)
  return (
    <Panel title={t('standard')}>
      {report.standards.map((entry) => (
        <div key={entry.standard} className="co-progress">
          <span>
            {entry.standard} · {language === 'zh' ? entry.title : entry.en}
          </span>
          <progress max={entry.runtime} value={entry.passed} />
          <span className="aq-figures">
            {entry.passed} / {entry.runtime}
          </span>
        </div>
      ))}
    </Panel>
  )
}

/** Clause → control → evidence. */
const ClauseDrawer = (props: { clause: ReportClause; report: ConformanceReport; onClose: () => void }) => {
  const text = useBilingual()
  const language = useLanguage()
  const t = useTexts(texts)
  const { clause, report } = props
  const controls = report.controls.filter(({ id }) => clause.controls.includes(id))
  return (
    <Drawer title={clause.id} closeText={t('close')} onClose={props.onClose}>
      <p>
        {clause.section} · {clause.level}
      </p>
      <p>{language === 'zh' ? clause.zh : clause.en}</p>
      {controls.map((control) => (
        <section key={control.id}>
          <h3>{text(control.title)}</h3>
          <Pill tone={tones[control.outcome]}>{t(control.outcome)}</Pill>
          {control.reason !== null && <p>{control.reason}</p>}
          <h4>{t('evidence')}</h4>
          <ol className="co-story">
            {control.evidence.map((entry) => (
              <li key={entry.hash}>
                <b>{entry.what}</b>
                <pre className="co-json">{entry.data}</pre>
                <code className="co-id">{entry.hash}</code>
              </li>
            ))}
          </ol>
        </section>
      ))}
    </Drawer>
  )
}
