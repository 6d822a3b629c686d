import { staffCertificateSearch, type OutputOf } from '@anqu/contract'
import { Button, Notice, Pill, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../../app/console-context.tsx'
import { DataTable, LoadedView, Short, When, type Column } from '../../features/parts.tsx'
import { SelectField } from '../../features/select-field.tsx'
import { useLoad } from '../../features/use-load.ts'
import { CertificateDrawer } from './certificate-drawer.tsx'
import { certificateSearch, type FilterName } from './certificate-filters.ts'
import { CertificatePill, useProfileName } from './certificate-pill.tsx'
import { certificateTexts } from './certificate-texts.ts'
import { profileNames } from './certificate-words.ts'

type Row = OutputOf<typeof staffCertificateSearch>['certificates'][number]

const labels = {
  serial: 'serial',
  accountId: 'account',
  deviceId: 'device',
  profile: 'profile',
  status: 'status',
  from: 'expiresFrom',
  to: 'expiresTo',
} as const satisfies Record<FilterName, keyof typeof certificateTexts.zh>

export const CertificateSearch = () => {
  const { api, place, go } = useConsole()
  const c = useTexts(certificateTexts)
  const { open, ...filters } = place.filters
  const { search, bad } = certificateSearch(filters)
  const { loaded, reload } = useLoad(`certificates-${JSON.stringify(search)}`, () =>
    api.call(staffCertificateSearch, search),
  )
  const show = (next: Record<string, string>) => go({ page: 'certificates', filters: next })
  const { cursor, ...first } = filters
  return (
    <>
      <Filters key={JSON.stringify(filters)} filters={first} onSearch={show} />
      {bad.length > 0 && (
        <Notice tone="warn">
          {c('badFilter', { names: bad.map((name) => c(labels[name])).join('、') })}
        </Notice>
      )}
      {bad.length === 0 && (
        <LoadedView loaded={loaded} onRetry={reload}>
          {({ certificates, nextCursor }) => (
            <>
              <Results rows={certificates} onOpen={(serial) => show({ ...filters, open: serial })} />
              <div className="co-actions">
                {cursor !== undefined && (
                  <Button look="quiet" onPress={() => show(first)}>
                    {c('first')}
                  </Button>
                )}
                {nextCursor !== null && (
                  <Button look="secondary" onPress={() => show({ ...first, cursor: nextCursor })}>
                    {c('next')}
                  </Button>
                )}
              </div>
            </>
          )}
        </LoadedView>
      )}
      {open !== undefined && (
        <CertificateDrawer
          key={open}
          serial={open}
          onClose={() => {
            show(filters)
            reload()
          }}
        />
      )}
    </>
  )
}

const Results = ({ rows, onOpen }: { rows: readonly Row[]; onOpen: (serial: string) => void }) => {
  const c = useTexts(certificateTexts)
  const profileName = useProfileName()
  const columns: Column<Row>[] = [
    { title: c('serial'), cell: (row) => <Short id={row.serial} /> },
    { title: c('profile'), cell: (row) => profileName(row.profile) },
    {
      title: c('status'),
      cell: (row) => (
        <span className="co-pills">
          <CertificatePill status={row.status} />
          {row.nearExpiry && row.status === 'good' && <Pill tone="warn">{c('nearExpiry')}</Pill>}
          {row.here === 'revoked' && row.status !== 'revoked' && <Pill tone="warn">{c('waiting')}</Pill>}
        </span>
      ),
    },
    { title: c('account'), cell: (row) => <Short id={row.accountId ?? row.holder ?? '—'} /> },
    { title: c('issued'), cell: (row) => <When atMs={row.issuedAtMs} /> },
    { title: c('expires'), cell: (row) => <When atMs={row.notAfterMs} /> },
  ]
  return (
    <DataTable
      label={c('viewSearch')}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.serial}
      empty={`${c('none')} ${c('noneHint')}`}
      onOpen={(row) => onOpen(row.serial)}
    />
  )
}

const statuses = ['good', 'suspended', 'revoked', 'expired'] as const

const Filters = (props: {
  filters: Readonly<Record<string, string>>
  onSearch: (filters: Record<string, string>) => void
}) => {
  const c = useTexts(certificateTexts)
  const profileName = useProfileName()
  const [filters, setFilters] = useState<Readonly<Record<string, string>>>(props.filters)
  const set = (name: FilterName) => (value: string) => setFilters({ ...filters, [name]: value })
  const text = (name: FilterName, hint?: string) => (
    <TextField
      label={c(labels[name])}
      value={filters[name] ?? ''}
      {...(hint === undefined ? {} : { placeholder: hint })}
      onChange={set(name)}
    />
  )
  const date = (name: 'from' | 'to') => (
    <TextField label={c(labels[name])} type="date" value={filters[name] ?? ''} onChange={set(name)} />
  )
  const anyOr = (options: { value: string; label: string }[]) => [{ value: '', label: c('any') }, ...options]
  return (
    <form
      className="co-filters co-search"
      onSubmit={(event) => {
        event.preventDefault()
        props.onSearch(filters)
      }}
    >
      {text('serial', c('serialHint'))}
      {text('accountId', c('accountHint'))}
      <SelectField
        label={c('status')}
        value={filters['status'] ?? ''}
        options={anyOr(statuses.map((value) => ({ value, label: c(value) })))}
        onChange={set('status')}
      />
      <SelectField
        label={c('profile')}
        value={filters['profile'] ?? ''}
        options={anyOr(Object.keys(profileNames).map((value) => ({ value, label: profileName(value) })))}
        onChange={set('profile')}
      />
      {date('from')}
      {date('to')}
      <div className="co-actions">
        <Button submit>{c('search')}</Button>
        <Button look="quiet" onPress={() => props.onSearch({})}>
          {c('clear')}
        </Button>
      </div>
    </form>
  )
}
