import { operationsGet, type OperationState, type OutputOf } from '@anqu/contract'
import {
  Button,
  CopyableNumber,
  Notice,
  Receipt,
  Screen,
  Skeleton,
  StatusPill,
  formatDateTime,
  useBilingual,
  useLanguage,
  useTexts,
  type Fact,
} from '@anqu/ui'
import { useEffect, useState } from 'react'
import type { ReceiptFields } from '../../api/channel-api.ts'
import { toProblem, type Problem } from '../../api/problem.ts'
import { useApp } from '../../app/app-context.tsx'
import { ProblemNotice } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { CertificatePrompt } from '../certificate/certificate-prompt.tsx'
import { pollDelayMs } from './poll-delay.ts'
import { payTexts } from './pay-texts.ts'
import { receiptLines } from './read-receipt.ts'
import { refusalText } from './refusal-text.ts'

type Operation = OutputOf<typeof operationsGet>['operation']

/** Asks again until the outcome is final. An answer that does not come changes nothing about the operation. */
function useOperation(operationId: string) {
  const { api, leave, askAgain } = useApp()
  const [operation, setOperation] = useState<Operation>()
  const [problem, setProblem] = useState<Problem>()
  const [round, setRound] = useState(0)
  useEffect(() => {
    let live = true
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = (state: OperationState | undefined) => {
      const delay = pollDelayMs(state, round)
      if (live && delay !== undefined) timer = setTimeout(() => setRound(round + 1), delay)
    }
    api.call(operationsGet, { operationId }).then(
      (answer) => {
        if (!live) return
        setOperation(answer.operation)
        setProblem(undefined)
        again(answer.operation.state)
      },
      (error: unknown) => {
        if (!live) return
        const found = toProblem(error)
        if (found.code === 'session.reauthentication-required') return askAgain(() => setRound(round + 1))
        if (found.code.startsWith('session.')) return leave(found)
        setProblem(found)
        if (found.code !== 'operation.not-found') again(undefined)
      },
    )
    return () => {
      live = false
      clearTimeout(timer)
    }
  }, [api, askAgain, leave, operationId, round])
  return { operation, problem }
}

export const OperationPage = ({ operationId }: { operationId: string }) => {
  const { replace } = useApp()
  const t = useTexts(payTexts)
  const { operation, problem } = useOperation(operationId)
  const done = operation?.state === 'done'
  return (
    <Screen
      title={t('resultTitle')}
      onBack={() => replace({ page: 'operations' })}
      foot={
        <>
          {done && (
            <Button wide onPress={() => replace({ page: 'policies' })}>
              {t('viewPolicy')}
            </Button>
          )}
          <Button wide look="secondary" onPress={() => replace({ page: 'home' })}>
            {t('home')}
          </Button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
      {done && <CertificatePrompt />}
      {operation ? <Outcome operation={operation} /> : !problem && <Skeleton />}
    </Screen>
  )
}

const explained = {
  prepared: 'preparedText',
  challenged: 'preparedText',
  authorised: 'processingText',
  executing: 'processingText',
  held: 'heldText',
  unknown: 'unknownText',
  refused: 'refusedText',
  reversed: 'reversedText',
} as const

/** The receipt's fields once verified; null when its signature does not hold or it is another operation's. */
function useVerifiedReceipt({ operationId, receipt }: Operation): ReceiptFields | null | undefined {
  const { api } = useApp()
  const key = `receipt-${operationId}-${receipt?.signature ?? ''}`
  const { loaded } = useLoad(key, async () => {
    if (!receipt) return undefined
    const fields = await api.readReceipt(receipt)
    return fields?.['operationId'] === operationId ? fields : null
  })
  return loaded.state === 'ready' ? loaded.value : undefined
}

const Outcome = ({ operation }: { operation: Operation }) => {
  const t = useTexts(payTexts)
  const text = useBilingual()
  const language = useLanguage()
  const { state } = operation
  const facts: Fact[] = [
    { label: t('number'), value: <CopyableNumber value={operation.operationId} label={t('number')} /> },
    { label: t('payee'), value: operation.payee },
    { label: t('createdAt'), value: formatDateTime(operation.createdAtMs, language) },
  ]
  if (operation.finishedAtMs !== null)
    facts.push({ label: t('finishedAt'), value: formatDateTime(operation.finishedAtMs, language) })
  const verified = useVerifiedReceipt(operation)
  if (verified) {
    for (const { key, value } of receiptLines(verified)) facts.push({ label: t(key), value })
    facts.push({ label: t('signature'), value: t('signatureText') })
  }
  const waiting = state === 'unknown' || state === 'executing' || state === 'authorised' || state === 'held'
  const reason = refusalText(operation.reason)
  return (
    <div role="status" className="aq-stack">
      <Receipt
        title={text(operation.title)}
        amountFen={operation.amountFen}
        status={<StatusPill state={state} />}
        facts={facts}
      />
      {verified === null && <Notice tone="warn">{t('signatureWrong')}</Notice>}
      {state !== 'done' && (
        <Notice tone={state === 'refused' ? 'danger' : state === 'held' ? 'warn' : 'info'}>
          {t(explained[state])} {(state === 'refused' || state === 'reversed') && reason && text(reason)}
        </Notice>
      )}
      {waiting && <p className="aq-field-hint app-centre">{t('checking')}</p>}
    </div>
  )
}
