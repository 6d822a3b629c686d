import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'

export type Tone = 'good' | 'info' | 'warn' | 'danger' | 'plain'

/** States of an operation as customers see them. */
export type OutcomeState =
  | 'prepared'
  | 'challenged'
  | 'authorised'
  | 'executing'
  | 'done'
  | 'refused'
  | 'held'
  | 'unknown'
  | 'reversed'

/**
 * Only a refusal looks like one. What is under way, held for review or not yet known is never shown as failed, because
 * a customer who believes that pays twice.
 */
export const outcomeLook = {
  prepared: { text: 'statePrepared', tone: 'plain' },
  challenged: { text: 'statePrepared', tone: 'plain' },
  authorised: { text: 'stateProcessing', tone: 'info' },
  executing: { text: 'stateProcessing', tone: 'info' },
  done: { text: 'stateDone', tone: 'good' },
  refused: { text: 'stateRefused', tone: 'danger' },
  held: { text: 'stateHeld', tone: 'warn' },
  unknown: { text: 'stateUnknown', tone: 'info' },
  reversed: { text: 'stateReversed', tone: 'plain' },
} as const satisfies Record<OutcomeState, { text: keyof typeof uiTexts.zh; tone: Tone }>

export const Pill = ({ tone, children }: { tone: Tone; children: string }) => (
  <span className="aq-pill" data-tone={tone}>
    {children}
  </span>
)

export const StatusPill = ({ state }: { state: OutcomeState }) => {
  const t = useTexts(uiTexts)
  return <Pill tone={outcomeLook[state].tone}>{t(outcomeLook[state].text)}</Pill>
}
