import { staffOrderCard } from '@anqu/contract'
import { Button, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { Dialog } from '../../features/dialog.tsx'
import { ProblemNotice } from '../../features/parts.tsx'
import { useTask } from '../../features/use-task.ts'
import { cardTexts } from './card-texts.ts'
import type { Card } from './card-words.ts'

type Order = 'lock' | 'unlock' | 'delete'
const shortestReason = 4
const longestReason = 80

const words = {
  lock: { open: 'lock', title: 'lockTitle', text: 'lockText', submit: 'confirmLock' },
  unlock: { open: 'unlock', title: 'unlockTitle', text: 'unlockText', submit: 'submit' },
  delete: { open: 'remove', title: 'deleteTitle', text: 'deleteText', submit: 'submit' },
} as const

/** What the state of a card lets a member of staff begin. */
const possible: Readonly<Record<Card['state'], readonly Order[]>> = {
  enrolled: ['lock', 'delete'],
  personalised: ['lock', 'delete'],
  locked: ['unlock', 'delete'],
  deleted: [],
}

export const CardActions = ({ card, onDone }: { card: Card; onDone: () => void }) => {
  const staff = useStaff()
  const k = useTexts(cardTexts)
  const [order, setOrder] = useState<Order>()
  if (staff.role === 'auditor' || possible[card.state].length === 0) return null
  return (
    <div className="co-actions">
      {possible[card.state].map((name) => (
        <Button key={name} look={name === 'delete' ? 'danger' : 'secondary'} onPress={() => setOrder(name)}>
          {k(words[name].open)}
        </Button>
      ))}
      {order !== undefined && (
        <OrderDialog
          cardId={card.cardId}
          order={order}
          onClose={() => setOrder(undefined)}
          onDone={() => {
            setOrder(undefined)
            onDone()
          }}
        />
      )}
    </div>
  )
}

type DialogProps = { cardId: string; order: Order; onClose: () => void; onDone: () => void }

const OrderDialog = ({ cardId, order, onClose, onDone }: DialogProps) => {
  const { api } = useConsole()
  const k = useTexts(cardTexts)
  const { busy, problem, run } = useTask()
  const [reason, setReason] = useState('')
  const enough = reason.trim().length >= shortestReason
  const submit = () =>
    run(async () => {
      await api.call(staffOrderCard, { cardId, order, reason })
      onDone()
    })
  return (
    <Dialog title={k(words[order].title)} onClose={onClose}>
      <form
        className="co-form"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy && enough) void submit()
        }}
      >
        <p>{k(words[order].text)}</p>
        <code className="co-id">{cardId}</code>
        {problem && <ProblemNotice problem={problem} />}
        <TextField
          label={k('reason')}
          hint={k('reasonHint')}
          value={reason}
          maxLength={longestReason}
          onChange={setReason}
        />
        <div className="co-actions">
          <Button submit busy={busy} look={order === 'delete' ? 'danger' : 'primary'} disabled={!enough}>
            {k(words[order].submit)}
          </Button>
          <Button look="quiet" onPress={onClose}>
            {k('cancel')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
