import { identityProfile, identitySetEmail } from '@anqu/contract'
import { Button, Lead, Notice, Screen, TextField, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp } from '../../app/app-context.tsx'
import { LoadedView, ProblemNotice } from '../../features/problem-view.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { warningsTexts } from './warnings-texts.ts'

const looksRight = (address: string) => identitySetEmail.input.safeParse({ email: address }).success

/** The address for security warnings, given by choice and never shown in full again. */
export const EmailPage = () => {
  const { api, back } = useApp()
  const t = useTexts(warningsTexts)
  const { loaded, reload } = useLoad('profile', () => api.call(identityProfile, {}))
  return (
    <Screen title={t('emailTitle')} onBack={back}>
      <Lead title={t('emailLead')}>{t('emailText')}</Lead>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ emailMasked }) => <EmailForm initial={emailMasked} />}
      </LoadedView>
    </Screen>
  )
}

const EmailForm = ({ initial }: { initial: string | null }) => {
  const { api } = useApp()
  const t = useTexts(warningsTexts)
  const { busy, problem, run } = useTask()
  const [current, setCurrent] = useState(initial)
  const [typed, setTyped] = useState('')
  const [done, setDone] = useState<'saved' | 'removed'>()
  const set = (email: string | null) =>
    run(async () => {
      setCurrent((await api.call(identitySetEmail, { email })).emailMasked)
      setTyped('')
      setDone(email === null ? 'removed' : 'saved')
    })
  return (
    <>
      {done && <Notice tone="good">{t(done)}</Notice>}
      {problem && <ProblemNotice problem={problem} />}
      <TextField
        label={t('email')}
        value={typed}
        maxLength={120}
        hint={current === null ? t('emailNone') : t('emailCurrent', { email: current })}
        error={typed === '' || looksRight(typed.trim()) ? undefined : t('emailWrong')}
        onChange={setTyped}
      />
      <Button wide busy={busy} disabled={!looksRight(typed.trim())} onPress={() => void set(typed.trim())}>
        {t('save')}
      </Button>
      {current !== null && (
        <Button wide look="secondary" busy={busy} onPress={() => void set(null)}>
          {t('remove')}
        </Button>
      )}
    </>
  )
}
