import { staffPublication, type OutputOf } from '@anqu/contract'
import { Button, Facts, Notice, Pill, useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { DataTable, LoadedView, Panel, When, type Column } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { overviewTexts } from './overview-texts.ts'

type State = OutputOf<typeof staffPublication>
type List = NonNullable<State['rootList']>
/** A list with the delta that goes with it; the root has none. */
type Published = { readonly name: string; readonly full: List; readonly delta: List | null }

const minuteMs = 60_000
const bytesPerKilobyte = 1024

/** How fresh what everybody else relies on is: revocation lists and status answers. */
export const Publication = () => {
  const { api } = useConsole()
  const o = useTexts(overviewTexts)
  const { loaded, reload } = useLoad('publication', () => api.call(staffPublication, {}))
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {(state) => {
        const lists: Published[] = [
          ...(state.rootList === null ? [] : [{ name: o('rootList'), full: state.rootList, delta: null }]),
          ...state.shards.map(({ shard, full, delta }) => ({ name: o('shard', { shard }), full, delta })),
        ]
        const all = lists.flatMap(({ full, delta }) => (delta === null ? [full] : [full, delta]))
        const late = all.filter(({ nextUpdateMs }) => nextUpdateMs <= state.atMs).length
        return (
          <>
            {all.length > 0 && (
              <Notice tone={late === 0 ? 'good' : 'danger'}>
                {late === 0 ? o('allFresh') : o('someLate', { count: late })}
              </Notice>
            )}
            <Tiles lists={all} shards={state.shards} />
            <Panel
              title={o('lists')}
              end={
                <Button look="secondary" onPress={reload}>
                  {o('refresh')}
                </Button>
              }
            >
              <Lists lists={lists} nowMs={state.atMs} />
            </Panel>
            <Ocsp ocsp={state.ocsp} />
          </>
        )
      }}
    </LoadedView>
  )
}

/** A length of time in the largest unit that fits. */
function useLength(): (ms: number) => string {
  const o = useTexts(overviewTexts)
  return (ms) => {
    const minutes = Math.max(0, Math.floor(ms / minuteMs))
    if (minutes < 120) return o('minutes', { n: minutes })
    const hours = Math.floor(minutes / 60)
    return hours < 72 ? o('hours', { n: hours }) : o('days', { n: Math.floor(hours / 24) })
  }
}

const Tiles = ({ lists, shards }: { lists: readonly List[]; shards: State['shards'] }) => {
  const o = useTexts(overviewTexts)
  const earliest = Math.min(...lists.map(({ nextUpdateMs }) => nextUpdateMs))
  const entries = shards.reduce((sum, { full }) => sum + full.entries, 0)
  const tiles = [
    [o('published'), lists.length],
    [o('shards'), shards.length],
    [o('entries'), entries],
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
        <dt>{o('latest')}</dt>
        <dd className="co-tile-time">
          <When atMs={lists.length === 0 ? null : earliest} />
        </dd>
      </div>
    </dl>
  )
}

/** Number, age and next update of one list. */
const Freshness = ({ list, nowMs }: { list: List; nowMs: number }) => {
  const o = useTexts(overviewTexts)
  const length = useLength()
  const fresh = list.nextUpdateMs > nowMs
  return (
    <span className="co-pills">
      <Pill tone={fresh ? 'good' : 'danger'}>{o(fresh ? 'fresh' : 'late')}</Pill>
      <span className="aq-figures">
        {o('numbered', { number: list.number, age: length(nowMs - list.thisUpdateMs) })}
      </span>
      <When atMs={list.nextUpdateMs} />
    </span>
  )
}

const Lists = ({ lists, nowMs }: { lists: readonly Published[]; nowMs: number }) => {
  const o = useTexts(overviewTexts)
  const columns: Column<Published>[] = [
    { title: o('list'), cell: (row) => row.name },
    { title: o('full'), cell: (row) => <Freshness list={row.full} nowMs={nowMs} /> },
    {
      title: o('deltaOf'),
      cell: (row) => (row.delta === null ? '—' : <Freshness list={row.delta} nowMs={nowMs} />),
    },
    { title: o('entries'), align: 'end', cell: (row) => row.full.entries },
    {
      title: o('size'),
      align: 'end',
      cell: (row) => `${(row.full.bytes / bytesPerKilobyte).toFixed(1)} kB`,
    },
  ]
  return (
    <DataTable
      label={o('lists')}
      columns={columns}
      rows={lists}
      rowKey={(row) => row.full.url}
      empty={o('noLists')}
    />
  )
}

const Ocsp = ({ ocsp }: { ocsp: State['ocsp'] }) => {
  const o = useTexts(overviewTexts)
  const length = useLength()
  return (
    <Panel title={o('ocsp')}>
      <Facts
        facts={[
          { label: o('address'), value: <code className="co-id">{ocsp.url}</code> },
          { label: o('answerValid'), value: length(ocsp.validMs) },
          { label: o('cached'), value: ocsp.cachedAnswers },
          { label: o('responder'), value: <code className="co-id">{ocsp.responderSerial}</code> },
          { label: o('responderUntil'), value: <When atMs={ocsp.responderNotAfterMs} /> },
        ]}
      />
    </Panel>
  )
}
