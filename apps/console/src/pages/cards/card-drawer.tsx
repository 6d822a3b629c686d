import { staffCard, type OutputOf } from '@anqu/contract'
import { Facts, Notice, Pill, useTexts, type Fact } from '@anqu/ui'
import { useState } from 'react'
import { useConsole } from '../../app/console-context.tsx'
import { Drawer, LoadedView, When } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { CardActions } from './card-actions.tsx'
import { CardRequests } from './card-requests.tsx'
import { cardTexts } from './card-texts.ts'
import { orderKeys, stateTones, type Card } from './card-words.ts'

type Detail = OutputOf<typeof staffCard>

export const CardDrawer = ({ cardId, onClose }: { cardId: string; onClose: () => void }) => {
  const { api } = useConsole()
  const k = useTexts(cardTexts)
  const [done, setDone] = useState(false)
  const { loaded, reload } = useLoad(`card-${cardId}`, () => api.call(staffCard, { cardId }))
  return (
    <Drawer title={k('detail')} closeText={k('close')} onClose={onClose}>
      <code className="co-id">{cardId}</code>
      {done && (
        <Notice tone="good" title={k('done')}>
          {k('doneText')}
        </Notice>
      )}
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ card, records, requests }) => (
          <>
            <CardActions
              card={card}
              onDone={() => {
                setDone(true)
                reload()
              }}
            />
            <CardRequests requests={requests} onDecided={reload} />
            <CardFacts card={card} />
            <Records records={records} />
          </>
        )}
      </LoadedView>
    </Drawer>
  )
}

const CardFacts = ({ card }: { card: Card }) => {
  const k = useTexts(cardTexts)
  const facts: Fact[] = [
    { label: k('state'), value: <Pill tone={stateTones[card.state]}>{k(card.state)}</Pill> },
    { label: k('pendingOrder'), value: k(orderKeys[card.order]) },
    ...(card.orderReason === null ? [] : [{ label: k('orderReason'), value: card.orderReason }]),
    { label: k('kind'), value: k(card.kind) },
    { label: k('account'), value: <code className="co-id">{card.accountId ?? '—'}</code> },
    {
      label: k('application'),
      value:
        card.applicationId === null ? (
          k('noApplication')
        ) : (
          <code className="co-id">
            {card.applicationId} · {card.applicationVersion}
          </code>
        ),
    },
    { label: k('keyVersion'), value: card.keyVersion },
    { label: k('enrolledAt'), value: <When atMs={card.enrolledAtMs} /> },
    { label: k('lastContact'), value: <When atMs={card.lastContactAtMs} /> },
  ]
  return <Facts facts={facts} />
}

const Records = ({ records }: { records: Detail['records'] }) => {
  const k = useTexts(cardTexts)
  return (
    <>
      <h3>{k('records')}</h3>
      {records.length === 0 && <p className="co-empty">{k('noRecords')}</p>}
      <ol className="co-story">
        {records.map((record) => (
          <li key={record.sequence}>
            <b>
              {record.step === null ? '' : `${k('step', { step: record.step })} · `}
              {record.event}
            </b>
            <span>
              {record.from} → {record.to}
              {record.detail === '' ? '' : ` · ${record.detail}`}
            </span>
            <When atMs={record.atMs} />
          </li>
        ))}
      </ol>
    </>
  )
}
