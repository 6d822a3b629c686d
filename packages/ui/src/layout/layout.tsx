import { useEffect, useRef, type ReactNode } from 'react'
import { Icon, type IconName } from '../foundation/icon.tsx'
import { useTexts } from '../foundation/language.tsx'
import { uiTexts } from '../foundation/ui-texts.ts'

export const AppBar = (props: { title: string; onBack?: () => void; end?: ReactNode }) => {
  const t = useTexts(uiTexts)
  return (
    <header className="aq-app-bar">
      <div>
        {props.onBack && (
          <button type="button" className="aq-icon-button" onClick={props.onBack} aria-label={t('back')}>
            <Icon name="chevron-left" />
          </button>
        )}
      </div>
      <h1>{props.title}</h1>
      <div className="aq-app-bar-end">{props.end}</div>
    </header>
  )
}

type ScreenProps = {
  title: string
  children: ReactNode
  onBack?: (() => void) | undefined
  end?: ReactNode
  /** Actions that stay at hand while the page scrolls. */
  foot?: ReactNode
  /** Something docked below everything, such as a keyboard. */
  dock?: ReactNode
}

/** One page: bar, scrolling body, and actions within reach of the thumb. */
export const Screen = ({ title, children, onBack, end, foot, dock }: ScreenProps) => (
  <div className="aq-screen">
    <AppBar title={title} end={end} {...(onBack ? { onBack } : {})} />
    <main className="aq-screen-body">{children}</main>
    {foot !== undefined && <footer className="aq-screen-foot">{foot}</footer>}
    {dock}
  </div>
)

export const Stack = ({ children, gap }: { children: ReactNode; gap?: 'tight' | 'wide' }) => (
  <div className="aq-stack" data-gap={gap}>
    {children}
  </div>
)

export const SectionTitle = ({ children, end }: { children: ReactNode; end?: ReactNode }) => (
  <h2 className="aq-section-title">
    <span>{children}</span>
    {end}
  </h2>
)

export type Tab<Key extends string> = { readonly key: Key; readonly label: string; readonly icon: IconName }

export const TabBar = <Key extends string>(props: {
  label: string
  tabs: readonly Tab<Key>[]
  current: Key
  onSelect: (key: Key) => void
}) => (
  <nav className="aq-tabs" aria-label={props.label}>
    {props.tabs.map((tab) => (
      <button
        key={tab.key}
        type="button"
        className="aq-tab"
        aria-current={tab.key === props.current ? 'page' : undefined}
        onClick={() => props.onSelect(tab.key)}
      >
        <Icon name={tab.icon} />
        {tab.label}
      </button>
    ))}
  </nav>
)

/** A sheet from below. The native modal dialog keeps the focus inside and the rest of the page inert. */
export const Sheet = (props: { title: string; onClose?: () => void; children: ReactNode }) => {
  const t = useTexts(uiTexts)
  const dialog = useRef<HTMLDialogElement>(null)
  const { onClose } = props
  useEffect(() => {
    const element = dialog.current
    element?.showModal()
    return () => element?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="aq-sheet"
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault()
        onClose?.()
      }}
    >
      <div className="aq-sheet-head">
        <h2>{props.title}</h2>
        {onClose && (
          <button type="button" className="aq-icon-button" onClick={onClose} aria-label={t('close')}>
            <Icon name="close" />
          </button>
        )}
      </div>
      <div className="aq-sheet-body">{props.children}</div>
    </dialog>
  )
}
