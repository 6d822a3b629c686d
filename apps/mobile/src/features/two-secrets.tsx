import { Button, Screen } from '@anqu/ui'
import { useState, type ReactNode } from 'react'
import type { KeyboardPurpose, SealedSecret } from '../api/channel-api.ts'
import type { Problem } from '../api/problem.ts'
import { ProblemNotice } from './problem-view.tsx'
import { SecretDock, SecretInput } from './secret-input.tsx'
import { useSecret } from './use-secret.ts'

type TwoSecretsProps = {
  title: string
  purpose: KeyboardPurpose
  labels: readonly [first: string, repeat: string]
  submitLabel: string
  busy: boolean
  problem: Problem | undefined
  onBack: () => void
  onSubmit: (password: SealedSecret, repeat: SealedSecret) => void
  children: ReactNode
  ready?: boolean
}

/** A new password on two keyboards with layouts of their own; the server compares, for the page cannot. */
export const TwoSecrets = (props: TwoSecretsProps) => {
  const first = useSecret(props.purpose)
  const repeat = useSecret(props.purpose)
  const [typing, setTyping] = useState<'first' | 'repeat'>()
  const active = typing === 'first' ? first : typing === 'repeat' ? repeat : undefined
  const done = () => {
    if (typing === 'first' && repeat.count === 0) {
      setTyping('repeat')
      void repeat.open()
    } else setTyping(undefined)
  }
  const submit = () => {
    setTyping(undefined)
    const [password, again] = [first.take(), repeat.take()]
    if (password && again) props.onSubmit(password, again)
  }
  const trouble = props.problem ?? first.problem ?? repeat.problem
  const ready = (props.ready ?? true) && first.count > 0 && repeat.count > 0
  return (
    <Screen title={props.title} onBack={props.onBack} dock={<SecretDock secret={active} onDone={done} />}>
      {props.children}
      {trouble && <ProblemNotice problem={trouble} />}
      <SecretInput
        label={props.labels[0]}
        secret={first}
        active={typing === 'first'}
        onOpen={() => setTyping('first')}
      />
      <SecretInput
        label={props.labels[1]}
        secret={repeat}
        active={typing === 'repeat'}
        onOpen={() => setTyping('repeat')}
      />
      <Button wide busy={props.busy} disabled={!ready} onPress={submit}>
        {props.submitLabel}
      </Button>
    </Screen>
  )
}
