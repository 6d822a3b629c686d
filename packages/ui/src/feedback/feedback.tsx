import type { ReactNode } from 'react'
import type { Tone } from '../display/status-pill.tsx'
import { Button } from '../forms/button.tsx'
import { Icon, type IconName } from '../foundation/icon.tsx'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'

type NoticeTone = Exclude<Tone, 'plain'>
const noticeIcon = {
  info: 'info',
  warn: 'alert',
  danger: 'alert',
  good: 'shield-check',
} as const satisfies Record<NoticeTone, IconName>

/** A message in the flow of the page. Errors interrupt a screen reader, everything else waits its turn. */
export const Notice = (props: {
  tone: NoticeTone
  title?: string
  children: ReactNode
  reference?: string
}) => (
  <div className="aq-notice" data-tone={props.tone} role={props.tone === 'danger' ? 'alert' : 'status'}>
    <Icon name={noticeIcon[props.tone]} />
    <div className="aq-notice-text">
      {props.title !== undefined && <strong>{props.title}</strong>}
      {props.children}
      {props.reference !== undefined && <small className="aq-figures">{props.reference}</small>}
    </div>
  </div>
)

type StateProps = { icon: IconName; tone?: Tone; title: string; children?: ReactNode; action?: ReactNode }

/** The whole page says one thing: nothing here yet, done, waiting, or not possible. */
export const PageState = ({ icon, tone = 'plain', title, children, action }: StateProps) => (
  <div className="aq-state" data-tone={tone}>
    <span className="aq-state-mark">
      <Icon name={icon} />
    </span>
    <h2>{title}</h2>
    {children !== undefined && <p>{children}</p>}
    {action}
  </div>
)

export const ErrorState = (props: { title: string; reference?: string; onRetry?: () => void }) => {
  const t = useTexts(uiTexts)
  const { onRetry } = props
  return (
    <div role="alert">
      <PageState
        icon="alert"
        tone="warn"
        title={props.title}
        action={
          onRetry && (
            <Button look="secondary" onPress={onRetry}>
              {t('retry')}
            </Button>
          )
        }
      >
        {props.reference !== undefined && <span className="aq-figures">{props.reference}</span>}
      </PageState>
    </div>
  )
}

export const Skeleton = ({ lines = 6 }: { lines?: number }) => {
  const t = useTexts(uiTexts)
  return (
    <div className="aq-skeleton" role="status" aria-label={t('loading')}>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} />
      ))}
    </div>
  )
}
