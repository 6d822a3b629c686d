import { staffCards } from '@anqu/contract'
import { Button, Notice, Pill, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../../app/console-context.tsx'
import { DataTable, LoadedView, Short, When, type Column } from '../../features/parts.tsx'
import { SelectField } from '../../features/select-field.tsx'
import { useLoad } from '../../features/use-load.ts'
import { CardDrawer } from './card-drawer.tsx'
import { CardRequests } from './card-requests.tsx'
import { cardTexts } from './card-texts.ts'
import { orderKeys, stateTones, type Card } from './card-words.ts'

const pageLength = 20
const states = ['enrolled', 'personalised', 'locked', 'deleted'] as const
export const CardSearch = () => {
  const { api, place, go } = useConsole()
  const k = useTexts(cardTexts)
  const { open, ...filters } = place.filters
  const parsed = staffCards.input.safeParse({ ...filters, limit: pageLength })
  const search = parsed.success ? parsed.data : { limit: pageLength }
  const { loaded, reload } = useLoad(`cards-${JSON.stringify(search)}`, () => api.call(staffCards, search))
  const show = (next: Record<string, string>) => go({ page: 'cards', filters: next })
  const { cursor: _, ...first } = filters
  return (
    <>
      <Filters key={JSON.stringify(first)} filters={first} onSearch={show} />
      {!parsed.success && <Notice tone="warn">{k('badFilter')}</Notice>}
      {parsed.success && (
        <LoadedView loaded={loaded} onRetry={reload}>
          {({ cards, nextCursor, requests }) => (
            <>
              <CardRequests requests={requests} onDecided={reload} />
              <Results rows={cards} onOpen={(cardId) => show({ ...filters, open: cardId })} />
              {nextCursor !== null && (
                <div className="co-actions">
                  <Button look="secondary" onPress={() => show({ ...first, cursor: nextCursor })}>
                    {k('next')}
                  </Button>
                </div>
              )}
            </>
          )}
        </LoadedView>
      )}
      {open !== undefined && (
        <CardDrawer
          key={open}
          cardId={open}
          onClose={() => {
            show(filters)
            reload()
          }}
        />
      )}
    </>
  )
}

const Results = ({ rows, onOpen }: { rows: readonly Card[]; onOpen: (cardId: string) => void }) => {
  const k = useTexts(cardTexts)
  const columns: Column<Card>[] = [
    { title: k('cardId'), cell: (row) => <code className="co-id">{row.cardId}</code> },
    {
      title: k('state'),
      cell: (row) => (
        <span className="co-pills">
          <Pill tone={stateTones[row.state]}>{k(row.state)}</Pill>
          {row.order !== 'none' && <Pill tone="warn">{k(orderKeys[row.order])}</Pill>}
        </span>
      ),
    },
    { title: k('kind'), cell: (row) => k(row.kind) },
    { title: k('account'), cell: (row) => <Short id={row.accountId ?? '—'} /> },
    {
      title: k('application'),
      align: 'end',
      cell: (row) => row.applicationVersion ?? k('noApplication'),
    },
    { title: k('lastContact'), cell: (row) => <When atMs={row.lastContactAtMs} /> },
  ]
  return (
    <DataTable
      label={k('viewCards')}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.cardId}
      empty={k('noCards')}
      onOpen={(row) => onOpen(row.cardId)}
    />
  )
}

const Filters = (props: {
  filters: Readonly<Record<string, string>>
  onSearch: (filters: Record<string, string>) => void
}) => {
  const k = useTexts(cardTexts)
  const [filters, setFilters] = useState<Readonly<Record<string, string>>>(props.filters)
  const set = (name: string) => (value: string) => setFilters({ ...filters, [name]: value })
  return (
    <form
      className="co-filters co-search"
      onSubmit={(event) => {
        event.preventDefault()
        const given = Object.entries(filters).map(([name, value]) => [name, value.trim().toLowerCase()])
        props.onSearch(Object.fromEntries(given))
      }}
    >
      <TextField
        label={k('cardId')}
        placeholder={k('cardIdHint')}
        value={filters['cardId'] ?? ''}
        onChange={set('cardId')}
      />
      <TextField
        label={k('account')}
        placeholder={k('accountHint')}
        value={filters['accountId'] ?? ''}
        onChange={set('accountId')}
      />
      <SelectField
        label={k('state')}
        value={filters['state'] ?? ''}
        options={[{ value: '', label: k('any') }, ...states.map((value) => ({ value, label: k(value) }))]}
        onChange={set('state')}
      />
      <div className="co-actions">
        <Button submit>{k('search')}</Button>
        <Button look="quiet" onPress={() => props.onSearch({})}>
          {k('clear')}
        </Button>
      </div>
    </form>
  )
}
