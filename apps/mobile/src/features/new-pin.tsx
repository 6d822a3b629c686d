import { Lead, PinPad, Screen, Skeleton, useTexts } from '@anqu/ui'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { ownProblem, type OwnProblemCode } from '../api/problem.ts'
import { useApp } from '../app/app-context.tsx'
import { bindTexts } from '../pages/bind-device/bind-texts.ts'
import { isSimplePin, samePin } from './pin-rule.ts'
import { ProblemNotice } from './problem-view.tsx'
import { shuffledDigits } from './random.ts'
import { useLoad } from './use-load.ts'

type NewPinProps = { title: string; bar: ReactNode; onBack: () => void; onPin: (pin: Uint8Array) => void }

/** A PIN set twice on a fresh card, or asked for once on a card that has one. The first entry is wiped in any case. */
export const NewPin = ({ title, bar, onBack, onPin }: NewPinProps) => {
  const { api } = useApp()
  const t = useTexts(bindTexts)
  const { loaded } = useLoad('card', () => api.card.state())
  const first = useRef<Uint8Array>(undefined)
  const [again, setAgain] = useState(false)
  const [order, setOrder] = useState(shuffledDigits)
  const [trouble, setTrouble] = useState<OwnProblemCode>()
  useEffect(
    () => () => {
      first.current?.fill(0)
    },
    [],
  )
  const existing = loaded.state === 'ready' && loaded.value.pinSet ? loaded.value : undefined

  const restart = (reason: OwnProblemCode) => {
    setTrouble(reason)
    setAgain(false)
  }
  const complete = (pin: Uint8Array) => {
    setOrder(shuffledDigits())
    setTrouble(undefined)
    if (existing) return onPin(pin)
    if (!first.current) {
      if (isSimplePin(pin)) {
        pin.fill(0)
        return restart('se.pin-simple')
      }
      first.current = pin
      return setAgain(true)
    }
    const same = samePin(first.current, pin)
    first.current.fill(0)
    first.current = undefined
    if (same) return onPin(pin)
    pin.fill(0)
    return restart('se.pin-differ')
  }
  if (loaded.state === 'loading')
    return (
      <Screen title={title} onBack={onBack}>
        <Skeleton />
      </Screen>
    )
  const lead = existing ? 'pinExistingLead' : again ? 'pinAgainLead' : 'pinLead'
  const text = existing
    ? t('pinExistingText', { tries: existing.pinTriesLeft })
    : t(again ? 'pinAgainText' : 'pinText')
  return (
    <Screen title={title} onBack={onBack}>
      {bar}
      <Lead title={t(lead)}>{text}</Lead>
      {trouble && <ProblemNotice problem={ownProblem(trouble)} />}
      {loaded.state === 'failed' && <ProblemNotice problem={loaded.problem} />}
      <PinPad
        key={again ? 'again' : 'first'}
        label={t('pinLabel')}
        order={order}
        onComplete={complete}
        disabled={loaded.state === 'failed'}
      />
    </Screen>
  )
}
