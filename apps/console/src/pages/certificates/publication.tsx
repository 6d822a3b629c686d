import { staffPublication, type OutputOf } from '@anqu/contract'
import { Button, Facts, Notice, Pill, useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { DataTable, LoadedView, Panel, When, type Column } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { overviewTexts } from './overview-texts.ts'

type State = OutputOf<typeof staffPublication>
type List = NonNullable<State['rootList']> & { readonly name: string }

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
        const lists: List[] = [
          ...(state.rootList === null ? [] : [{ ...state.rootList, name: o('rootList') }]),
          ...state.shards.flatMap(({ shard, full, delta }) => [
            { ...full, name: `${o('shard', { shard })} · ${o('full')}` },
            { ...delta, name: `${o('shard', { shard })} · ${o('deltaOf')}` },
          ]),
        ]
        const late = lists.filter(({ nextUpdateMs }) => nextUpdateMs <= state.atMs).length
        return (
          <>
            {lists.length > 0 && (
              <Notice tone={late === 0 ? 'good' : 'danger'}>
                {late === 0 ? o('allFresh') : o('someLate', { count: late })}
              </Notice>
            )}
            <Panel
              title={o('lists')}
              end={
                <Button look="secondary" onPress={reload}>
                  ↻
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

const Lists = ({ lists, nowMs }: { lists: readonly List[]; nowMs: number }) => {
  const o = useTexts(overviewTexts)
  const length = useLength()
  const columns: Column<List>[] = [
    { title: o('list'), cell: (row) => row.name },
    {
      title: o('nextUpdate'),
      cell: (row) => (
        <span className="co-pills">
          <When atMs={row.nextUpdateMs} />
          <Pill tone={row.nextUpdateMs > nowMs ? 'good' : 'danger'}>
            {o(row.nextUpdateMs > nowMs ? 'fresh' : 'late')}
          </Pill>
        </span>
      ),
    },
    { title: o('age'), cell: (row) => length(nowMs - row.thisUpdateMs) },
    { title: o('number'), align: 'end', cell: (row) => row.number },
    { title: o('entries'), align: 'end', cell: (row) => row.entries },
    {
      title: o('size'),
      align: 'end',
      cell: (row) => `${(row.bytes / bytesPerKilobyte).toFixed(1)} kB`,
    },
  ]
  return (
    <DataTable
      label={o('lists')}
      columns={columns}
      rows={lists}
      rowKey={(row) => row.url}
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
