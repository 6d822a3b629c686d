import { ErrorState, Notice, Skeleton, formatDateTime, useBilingual, useLanguage } from '@anqu/ui'
import type { ReactNode } from 'react'
import type { Problem } from '../api/problem.ts'
import type { Loaded } from './use-load.ts'

const useReference = (problem: Problem): string | undefined => {
  const language = useLanguage()
  if (problem.retryAtMs !== undefined) {
    const time = formatDateTime(problem.retryAtMs, language)
    return language === 'zh' ? `可重试时间 ${time}` : `Possible again from ${time}`
  }
  if (problem.correlationId === undefined) return undefined
  return language === 'zh' ? `查询编号 ${problem.correlationId}` : `Reference ${problem.correlationId}`
}

export const ProblemNotice = ({
  problem,
  tone = 'danger',
}: {
  problem: Problem
  tone?: 'danger' | 'warn'
}) => {
  const text = useBilingual()
  const reference = useReference(problem)
  return (
    <Notice tone={tone} {...(reference === undefined ? {} : { reference })}>
      {text(problem.text)}
    </Notice>
  )
}

const Failed = ({ problem, onRetry }: { problem: Problem; onRetry: () => void }) => {
  const text = useBilingual()
  const reference = useReference(problem)
  return (
    <ErrorState
      title={text(problem.text)}
      onRetry={onRetry}
      {...(reference === undefined ? {} : { reference })}
    />
  )
}

/** Skeleton, error with a retry, or the page itself. */
export function LoadedView<Value>(props: {
  loaded: Loaded<Value>
  onRetry: () => void
  children: (value: Value) => ReactNode
}) {
  const { loaded } = props
  if (loaded.state === 'loading') return <Skeleton />
  if (loaded.state === 'failed') return <Failed problem={loaded.problem} onRetry={props.onRetry} />
  return props.children(loaded.value)
}
