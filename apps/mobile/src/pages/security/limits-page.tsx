import { limitsGet, limitsSet, type OutputOf } from '@anqu/contract'
import {
  Amount,
  Button,
  Card,
  Facts,
  Lead,
  Notice,
  Screen,
  TextField,
  formatFenShort,
  parseYuan,
  useTexts,
} from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView, ProblemNotice } from '../../features/problem-view.tsx'
import { SecretDock, SecretInput } from '../../features/secret-input.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useSecret } from '../../features/use-secret.ts'
import { useTask } from '../../features/use-task.ts'
import { securityTexts } from './security-texts.ts'

type Limit = OutputOf<typeof limitsGet>['limits'][number]

export const LimitsPage = () => {
  const { api, back } = useApp()
  const t = useTexts(securityTexts)
  const { loaded, reload } = useLoad('limits', () => api.call(limitsGet, {}))
  const [limit] = loaded.state === 'ready' ? loaded.value.limits : []
  if (limit) return <LimitForm limit={limit} />
  return (
    <Screen title={t('limits')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {() => null}
      </LoadedView>
    </Screen>
  )
}

const plain = (fen: string) => formatFenShort(BigInt(fen)).replaceAll(',', '')

/** The two amounts as typed, and whether they may be saved. */
function useLimitDraft(limit: Limit) {
  const [perOperation, setPerOperation] = useState(plain(limit.perOperationFen))
  const [perDay, setPerDay] = useState(plain(limit.perDayFen))
  const [one, day] = [parseYuan(perOperation), parseYuan(perDay)]
  const right =
    one !== undefined &&
    day !== undefined &&
    one <= day &&
    one <= BigInt(limit.ceilingPerOperationFen) &&
    day <= BigInt(limit.ceilingPerDayFen)
  const wanted = right ? { perOperationFen: String(one), perDayFen: String(day) } : undefined
  return { perOperation, setPerOperation, perDay, setPerDay, wanted }
}

const ceiling = (fen: string) => ({ yuan: formatFenShort(BigInt(fen)) })

const LimitForm = ({ limit: initial }: { limit: Limit }) => {
  const { api, back } = useApp()
  const t = useTexts(securityTexts)
  const [limit, setLimit] = useState(initial)
  const draft = useLimitDraft(limit)
  const [saved, setSaved] = useState(false)
  const [typing, setTyping] = useState(false)
  const secret = useSecret('operation')
  const { busy, problem, run } = useTask()

  const save = () => {
    setTyping(false)
    const sealed = secret.take()
    const { wanted } = draft
    if (!sealed || !wanted) return
    void run(async () => {
      const [changed] = (await api.call(limitsSet, { category: limit.category, ...wanted, secret: sealed }))
        .limits
      if (changed) setLimit(changed)
      setSaved(true)
    })
  }
  const trouble = problem ?? secret.problem
  return (
    <Screen
      title={t('limits')}
      onBack={back}
      dock={<SecretDock secret={typing ? secret : undefined} onDone={() => setTyping(false)} />}
    >
      <Lead title={t('limitsLead')}>{t('limitsText')}</Lead>
      {saved && <Notice tone="good">{t('limitsSaved')}</Notice>}
      {trouble && <ProblemNotice problem={trouble} />}
      <Card>
        <Facts
          facts={[
            {
              label: `${t('premiumCategory')} · ${t('usedToday')}`,
              value: <Amount fen={limit.usedTodayFen} />,
            },
          ]}
        />
      </Card>
      <TextField
        label={t('perOperation')}
        value={draft.perOperation}
        inputMode="decimal"
        prefix="¥"
        hint={t('ceiling', ceiling(limit.ceilingPerOperationFen))}
        onChange={draft.setPerOperation}
      />
      <TextField
        label={t('perDay')}
        value={draft.perDay}
        inputMode="decimal"
        prefix="¥"
        hint={t('ceiling', ceiling(limit.ceilingPerDayFen))}
        error={draft.wanted ? undefined : t('limitWrong')}
        onChange={draft.setPerDay}
      />
      <SecretInput label={t('newPassword')} secret={secret} active={typing} onOpen={() => setTyping(true)} />
      <Button wide busy={busy} disabled={!draft.wanted || secret.count === 0} onPress={save}>
        {t('save')}
      </Button>
    </Screen>
  )
}
