import type { SecureEntry } from '@anqu/client'
import { staffBeginLogin, staffFinishLogin } from '@anqu/contract'
import { base64ToBytes } from '@anqu/encoding'
import {
  Brand,
  Button,
  Lead,
  SecretField,
  SecureKeyboard,
  TextField,
  useTexts,
  type SecretEntryPort,
} from '@anqu/ui'
import { useState } from 'react'
import { useConsole, type Staff } from '../app/console-context.tsx'
import { texts } from '../app/texts.ts'
import { ProblemNotice } from '../features/parts.tsx'
import { useTask } from '../features/use-task.ts'
import type { Problem } from '../api/problem.ts'

/** The SDK's secure entry as the keyboard uses it; taps are sealed at once and never seen here. */
function portOf(entry: SecureEntry): SecretEntryPort {
  const { view } = entry
  return {
    keyboardId: view.keyboardId,
    rows: view.rows,
    columns: view.columns,
    maxTaps: view.maxTaps,
    picture: {
      pictureId: view.keyboardId,
      png: new Uint8Array(base64ToBytes(view.png)),
      widthPx: view.widthPx,
      heightPx: view.heightPx,
    },
    seal(cell) {
      const before = entry.length()
      entry.tap(cell)
      return entry.length() > before
    },
    erase: () => entry.erase(),
    clear() {
      while (entry.length() > 0) entry.erase()
    },
  }
}

type Pending = { loginId: string; otpId: string; phoneMasked: string }

export const LoginPage = (props: { farewell: Problem | undefined; onIn: (staff: Staff) => void }) => {
  const t = useTexts(texts)
  const [pending, setPending] = useState<Pending>()
  return (
    <main className="co-login">
      <Brand sizePx={40} />
      <Lead title={t('loginLead')}>{t('loginText')}</Lead>
      {props.farewell && <ProblemNotice problem={props.farewell} />}
      {pending ? (
        <CodeStep pending={pending} onIn={props.onIn} onBack={() => setPending(undefined)} />
      ) : (
        <PasswordStep onPending={setPending} />
      )}
      <p className="aq-field-hint">{t('safety')}</p>
    </main>
  )
}

const PasswordStep = ({ onPending }: { onPending: (pending: Pending) => void }) => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { busy, problem, run } = useTask()
  const [loginName, setLoginName] = useState('')
  const [entry, setEntry] = useState<SecureEntry>()
  const [port, setPort] = useState<SecretEntryPort>()
  const [count, setCount] = useState(0)
  const [typing, setTyping] = useState(false)
  const open = () =>
    run(async () => {
      setTyping(true)
      if (entry) return
      const opened = await api.enter()
      setEntry(opened)
      setPort(portOf(opened))
    })
  const submit = () =>
    run(async () => {
      if (!entry) return
      const secret = entry.finish()
      setTyping(false)
      setEntry(undefined)
      setPort(undefined)
      setCount(0)
      onPending(await api.call(staffBeginLogin, { loginName, secret }))
    })
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      <TextField label={t('loginName')} value={loginName} maxLength={32} onChange={setLoginName} />
      <SecretField
        label={t('password')}
        count={count}
        active={typing}
        opening={busy && !port}
        onOpen={() => void open()}
      />
      {typing && port && (
        <SecureKeyboard
          key={port.keyboardId}
          entry={port}
          count={count}
          onCount={setCount}
          onDone={() => setTyping(false)}
        />
      )}
      <Button wide busy={busy} disabled={count === 0 || loginName.length < 3} onPress={() => void submit()}>
        {t('next')}
      </Button>
    </>
  )
}

const CodeStep = (props: { pending: Pending; onIn: (staff: Staff) => void; onBack: () => void }) => {
  const { api } = useConsole()
  const t = useTexts(texts)
  const { busy, problem, run } = useTask()
  const [otp, setOtp] = useState('')
  const { loginId, otpId, phoneMasked } = props.pending
  const submit = () => run(async () => props.onIn(await api.call(staffFinishLogin, { loginId, otpId, otp })))
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      <TextField
        label={t('otp')}
        value={otp}
        inputMode="numeric"
        maxLength={6}
        hint={t('otpText', { phone: phoneMasked })}
        onChange={(value) => setOtp(value.replaceAll(/\D/g, ''))}
      />
      <Button wide busy={busy} disabled={otp.length !== 6} onPress={() => void submit()}>
        {t('login')}
      </Button>
      <Button wide look="quiet" onPress={props.onBack}>
        {t('close')}
      </Button>
    </>
  )
}
