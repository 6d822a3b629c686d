import { sessionsReauthenticate } from '@anqu/contract'
import { Button, Sheet, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp, type Session } from '../../app/app-context.tsx'
import { ProblemNotice } from '../../features/problem-view.tsx'
import { SecretDock, SecretInput } from '../../features/secret-input.tsx'
import { useLogout } from '../../features/use-logout.ts'
import { useSecret } from '../../features/use-secret.ts'
import { useTask } from '../../features/use-task.ts'
import { settingsTexts } from '../settings/settings-texts.ts'
import { loginTexts } from './login-texts.ts'

/** Stands over the page until the password was given again (D-5.2.1.2-s2). The page below keeps what was entered. */
export const ReauthenticateSheet = ({ onConfirmed }: { onConfirmed: (session: Session) => void }) => {
  const { api } = useApp()
  const t = useTexts(loginTexts)
  const s = useTexts(settingsTexts)
  const secret = useSecret('reauthenticate')
  const logout = useLogout()
  const { busy, problem, run } = useTask()
  const [typing, setTyping] = useState(false)
  const submit = () => {
    const sealed = secret.take()
    if (sealed) void run(async () => onConfirmed(await api.call(sessionsReauthenticate, { secret: sealed })))
  }
  const trouble = problem ?? secret.problem
  return (
    <Sheet title={t('reauthTitle')}>
      <p>{t('reauthText')}</p>
      {trouble && <ProblemNotice problem={trouble} />}
      <SecretInput label={t('password')} secret={secret} active={typing} onOpen={() => setTyping(true)} />
      <Button wide busy={busy} disabled={secret.count === 0} onPress={submit}>
        {t('reauthSubmit')}
      </Button>
      <Button wide look="quiet" busy={logout.busy} onPress={logout.run}>
        {s('logout')}
      </Button>
      <SecretDock secret={secret} onDone={submit} />
    </Sheet>
  )
}
