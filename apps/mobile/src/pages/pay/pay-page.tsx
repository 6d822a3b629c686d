import { identityProfile, operationsPrepare, type OutputOf } from '@anqu/contract'
import { Button, PageState, Screen, useTexts } from '@anqu/ui'
import { useState } from 'react'
import { useApp, type Session } from '../../app/app-context.tsx'
import { clientVersion } from '../../app/client-version.ts'
import type { Place } from '../../app/router.ts'
import { LoadedView } from '../../features/problem-view.tsx'
import { newIdempotencyKey } from '../../features/random.ts'
import { useLoad } from '../../features/use-load.ts'
import { PayFlow } from './pay-flow.tsx'
import { payTexts } from './pay-texts.ts'

export type Prepared = OutputOf<typeof operationsPrepare>

/** What a payment needs is asked for before it starts, so that nobody is turned away half-way. */
export const PayPage = ({ proposalId, session }: { proposalId: string; session: Session }) => {
  const t = useTexts(payTexts)
  const { api, back } = useApp()
  const [key, setKey] = useState(newIdempotencyKey)
  const { loaded, reload } = useLoad(`pay-${key}-${session.deviceBound}`, async () => {
    const { hasTransactionPassword } = await api.call(identityProfile, {})
    if (!session.deviceBound || !hasTransactionPassword) return { hasTransactionPassword }
    const input = { idempotencyKey: key, type: 'pay-premium', input: { proposalId }, clientVersion }
    return { hasTransactionPassword, prepared: await api.call(operationsPrepare, input) }
  })
  if (!session.deviceBound)
    return (
      <Needed
        title={t('needDevice')}
        text={t('needDeviceText')}
        action={t('bind')}
        to={{ page: 'bind-device' }}
      />
    )
  if (loaded.state === 'ready' && !loaded.value.hasTransactionPassword)
    return (
      <Needed
        title={t('needPassword')}
        text={t('needPasswordText')}
        action={t('setPassword')}
        to={{ page: 'transaction-password' }}
      />
    )
  if (loaded.state === 'ready' && loaded.value.prepared)
    return (
      <PayFlow
        key={loaded.value.prepared.operation.operationId}
        prepared={loaded.value.prepared}
        onRestart={() => setKey(newIdempotencyKey())}
      />
    )
  return (
    <Screen title={t('title')} onBack={back}>
      <LoadedView loaded={loaded} onRetry={reload}>
        {() => null}
      </LoadedView>
    </Screen>
  )
}

const Needed = (props: { title: string; text: string; action: string; to: Place }) => {
  const { go, back } = useApp()
  const t = useTexts(payTexts)
  return (
    <Screen title={t('title')} onBack={back}>
      <PageState
        icon="shield"
        tone="info"
        title={props.title}
        action={<Button onPress={() => go(props.to)}>{props.action}</Button>}
      >
        {props.text}
      </PageState>
    </Screen>
  )
}
