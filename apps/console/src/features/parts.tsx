import { ErrorState, Notice, Skeleton, useBilingual, useLanguage, formatDateTime } from '@anqu/ui'
import { useEffect, useRef, type ReactNode } from 'react'
import type { Problem } from '../api/problem.ts'
import type { Loaded } from './use-load.ts'

export const ProblemNotice = ({ problem }: { problem: Problem }) => {
  const text = useBilingual()
  return (
    <Notice
      tone="danger"
      {...(problem.correlationId === undefined ? {} : { reference: problem.correlationId })}
    >
      {text(problem)}
    </Notice>
  )
}

/** Skeleton, error with a retry, or the view itself. */
export function LoadedView<Value>(props: {
  loaded: Loaded<Value>
  onRetry: () => void
  children: (value: Value) => ReactNode
}) {
  const text = useBilingual()
  const { loaded } = props
  if (loaded.state === 'loading') return <Skeleton />
  if (loaded.state === 'failed') return <ErrorState title={text(loaded.problem)} onRetry={props.onRetry} />
  return props.children(loaded.value)
}

export type Column<Row> = {
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  readonly align?: 'end'
}

/** A table that turns into cards on a narrow screen, where only its roles say that it is one; a row may be opened. */
export function DataTable<Row>(props: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  empty: string
  onOpen?: (row: Row) => void
}) {
  if (props.rows.length === 0) return <p className="co-empty">{props.empty}</p>
  return (
    <div className="co-table-box">
      <table className="co-table" role="table" aria-label={props.label}>
        <thead>
          <tr>
            {props.columns.map(({ title, align }) => (
              <th key={title} scope="col" data-align={align}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {props.rows.map((row) => (
            <tr
              key={props.rowKey(row)}
              role="row"
              data-opens={props.onOpen !== undefined || undefined}
              tabIndex={props.onOpen === undefined ? undefined : 0}
              onClick={() => props.onOpen?.(row)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && event.target === event.currentTarget) props.onOpen?.(row)
              }}
            >
              {props.columns.map(({ title, cell, align }) => (
                <td key={title} role="cell" data-title={title} data-align={align}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export const When = ({ atMs }: { atMs: number | null }) => {
  const language = useLanguage()
  return <span className="aq-figures">{atMs === null ? '—' : formatDateTime(atMs, language)}</span>
}

/** The end of an identifier, which tells neighbours apart; the whole of it on hover and when copied. */
export const Short = ({ id }: { id: string }) => (
  <code title={id} className="co-id">
    {id.length > 14 ? `…${id.slice(-12)}` : id}
  </code>
)

export const Panel = ({ title, end, children }: { title: string; end?: ReactNode; children: ReactNode }) => (
  <section className="co-panel">
    <header>
      <h2>{title}</h2>
      {end}
    </header>
    {children}
  </section>
)

/** Slides in from the side with one thing in detail; takes the focus, closes on Escape and gives the focus back. */
export const Drawer = (props: {
  title: string
  closeText: string
  onClose: () => void
  children: ReactNode
}) => {
  const ref = useRef<HTMLElement>(null)
  useEffect(() => {
    const before = document.activeElement
    ref.current?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <aside
      ref={ref}
      className="co-drawer"
      role="dialog"
      tabIndex={-1}
      aria-label={props.title}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) props.onClose()
      }}
    >
      <header>
        <h2>{props.title}</h2>
        <button type="button" className="co-link" onClick={props.onClose}>
          {props.closeText}
        </button>
      </header>
      <div className="co-drawer-body">{props.children}</div>
    </aside>
  )
}
