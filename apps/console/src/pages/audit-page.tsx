import { staffAuditSearch, staffAuditVerify, type InputOf, type OutputOf } from '@anqu/contract'
import { Button, Facts, Notice, Pill, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../app/console-context.tsx'
import { texts } from '../app/texts.ts'
import { DataTable, Drawer, LoadedView, ProblemNotice, Short, When, type Column } from '../features/parts.tsx'
import { useLoad } from '../features/use-load.ts'
import { useTask } from '../features/use-task.ts'
import { searchOf } from './audit-search.ts'

type AuditRecord = OutputOf<typeof staffAuditSearch>['records'][number]
type Verdict = OutputOf<typeof staffAuditVerify>

export const AuditPage = () => {
  const { api, place, go } = useConsole()
  const t = useTexts(texts)
  const { loaded, reload } = useLoad(`audit-${JSON.stringify(place.filters)}`, () =>
    api.call(staffAuditSearch, searchOf(place.filters)),
  )
  const [open, setOpen] = useState<AuditRecord>()
  const columns: Column<AuditRecord>[] = [
    { title: t('time'), cell: (row) => <When atMs={row.atMs} /> },
    { title: t('event'), cell: (row) => <b>{row.event}</b> },
    {
      title: t('outcome'),
      cell: (row) => <Pill tone={row.outcome === 'success' ? 'good' : 'danger'}>{t(row.outcome)}</Pill>,
    },
    { title: t('subject'), cell: (row) => <Short id={row.subject} /> },
    { title: t('description'), cell: (row) => row.description },
    { title: t('correlationId'), cell: (row) => <Short id={row.correlationId} /> },
  ]
  return (
    <>
      <div className="co-heading">
        <h1>{t('audit')}</h1>
      </div>
      <VerifyChain />
      <Filters key={JSON.stringify(place.filters)} />
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ records, nextCursor }) => (
          <>
            <DataTable
              label={t('audit')}
              columns={columns}
              rows={records}
              rowKey={(row) => row.recordId}
              empty={t('none')}
              onOpen={setOpen}
            />
            {nextCursor !== null && (
              <Button
                look="secondary"
                onPress={() => go({ page: 'audit', filters: { ...place.filters, cursor: nextCursor } })}
              >
                {t('more')}
              </Button>
            )}
          </>
        )}
      </LoadedView>
      {open && <RecordDrawer record={open} onClose={() => setOpen(undefined)} />}
    </>
  )
}

/** Recomputes the whole chain on the server and says what it found. */
const VerifyChain = () => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { busy, problem, run } = useTask()
  const [verdict, setVerdict] = useState<Verdict>()
  return (
    <section className="co-verify">
      <Button
        busy={busy}
        onPress={() => void run(async () => setVerdict(await api.call(staffAuditVerify, {})))}
      >
        {t('verify')}
      </Button>
      {problem && <ProblemNotice problem={problem} />}
      {verdict && (
        <Notice tone={verdict.intact ? 'good' : 'danger'} title={t(verdict.intact ? 'verified' : 'broken')}>
          {t('verifyText', { records: verdict.records, ms: verdict.durationMs, pending: verdict.pending })}
          {verdict.chains.map((chain) => (
            <span key={chain.chain} className="co-chain">
              {t('chainText', {
                chain: chain.chain,
                records: chain.records,
                signed: chain.signedUpTo,
                head: chain.headHash.slice(0, 16),
              })}
              {chain.brokenAtSequence !== null && ` ${t('brokenAt', { at: chain.brokenAtSequence })}`}
            </span>
          ))}
        </Notice>
      )}
    </section>
  )
}

const textFilters = ['text', 'event', 'subject', 'correlationId'] as const satisfies readonly (keyof InputOf<
  typeof staffAuditSearch
>)[]

const Filters = () => {
  const { place, go } = useConsole()
  const t = useTexts(texts)
  const [filters, setFilters] = useState<Readonly<Record<string, string>>>(place.filters)
  const set = (name: string, value: string) => setFilters({ ...filters, [name]: value })
  const { cursor: _, ...kept } = filters
  return (
    <form
      className="co-filters"
      onSubmit={(event) => {
        event.preventDefault()
        go({ page: 'audit', filters: kept })
      }}
    >
      {textFilters.map((name) => (
        <TextField
          key={name}
          label={t(name)}
          value={filters[name] ?? ''}
          onChange={(value) => set(name, value)}
        />
      ))}
      <TextField
        label={t('from')}
        type="date"
        value={filters['from'] ?? ''}
        onChange={(value) => set('from', value)}
      />
      <TextField
        label={t('to')}
        type="date"
        value={filters['to'] ?? ''}
        onChange={(value) => set('to', value)}
      />
      <label className="aq-field">
        <span className="aq-field-label">{t('outcome')}</span>
        <select
          className="co-select"
          value={filters['outcome'] ?? ''}
          onChange={(event) => set('outcome', event.target.value)}
        >
          <option value="">{t('any')}</option>
          <option value="success">{t('success')}</option>
          <option value="failure">{t('failure')}</option>
        </select>
      </label>
      <div className="co-actions">
        <Button submit>{t('search')}</Button>
        <Button look="quiet" onPress={() => go({ page: 'audit', filters: {} })}>
          {t('clear')}
        </Button>
      </div>
    </form>
  )
}

const RecordDrawer = ({ record, onClose }: { record: AuditRecord; onClose: () => void }) => {
  const { go } = useConsole()
  const t = useTexts(texts)
  return (
    <Drawer title={t('record')} closeText={t('close')} onClose={onClose}>
      <Facts
        facts={[
          { label: t('event'), value: record.event },
          { label: t('time'), value: <When atMs={record.atMs} /> },
          { label: t('outcome'), value: t(record.outcome) },
          { label: t('subject'), value: <code className="co-id">{record.subject}</code> },
          { label: t('description'), value: record.description },
          { label: t('origin'), value: <code className="co-id">{record.origin}</code> },
          { label: t('resource'), value: <code className="co-id">{record.resource}</code> },
          ...Object.entries(record.fields).map(([label, value]) => ({ label, value })),
        ]}
      />
      <Button
        look="secondary"
        onPress={() => go({ page: 'audit', filters: { correlationId: record.correlationId } })}
      >
        {t('follow')}
      </Button>
      <h3>JSON</h3>
      <pre className="co-json">{JSON.stringify(record, undefined, 2)}</pre>
    </Drawer>
  )
}
