import { Icon } from '../foundation/icon.tsx'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'

/** Where one is in a task of several pages. `current` counts from 0. */
export const StepBar = ({ steps, current }: { steps: readonly string[]; current: number }) => {
  const t = useTexts(uiTexts)
  const position = t('step', { current: Math.min(current + 1, steps.length), total: steps.length })
  return (
    <div>
      <ol className="aq-steps" aria-label={position}>
        {steps.map((step, index) => (
          <li
            key={step}
            data-state={index < current ? 'done' : index === current ? 'current' : 'todo'}
            aria-current={index === current ? 'step' : undefined}
            aria-label={step}
          />
        ))}
      </ol>
      <div className="aq-steps-label" aria-hidden="true">
        <span>{steps[Math.min(current, steps.length - 1)]}</span>
        <span className="aq-figures">
          {Math.min(current + 1, steps.length)} / {steps.length}
        </span>
      </div>
    </div>
  )
}

export type TimelineStep = { readonly text: string; readonly state: 'todo' | 'current' | 'done' | 'failed' }
const spoken = { todo: 'stepTodo', current: 'stepCurrent', done: 'stepDone', failed: 'stepFailed' } as const

/** Steps that somebody else performs, one under the other, while the customer watches. */
export const Timeline = ({ steps }: { steps: readonly TimelineStep[] }) => {
  const t = useTexts(uiTexts)
  return (
    <ol className="aq-timeline">
      {steps.map((step, index) => (
        <li key={step.text} data-state={step.state}>
          <span className="aq-timeline-dot aq-figures" aria-hidden="true">
            {step.state === 'done' ? (
              <Icon name="check" />
            ) : step.state === 'failed' ? (
              <Icon name="close" />
            ) : (
              index + 1
            )}
          </span>
          <span className="aq-timeline-text">
            {step.text}
            <span className="aq-visually-hidden">{t(spoken[step.state])}</span>
          </span>
        </li>
      ))}
    </ol>
  )
}
