import { useEffect, useEffectEvent, useState } from 'react'
import { endsSession, toProblem, type Problem } from '../api/problem.ts'
import { useConsole } from '../app/console-context.tsx'

export type Loaded<Value> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: Value }
  | { readonly state: 'failed'; readonly problem: Problem }

/** Loads something for a page; a new `key` loads anew and late answers of an old one are dropped. */
export function useLoad<Value>(
  key: string,
  load: () => Promise<Value>,
): { loaded: Loaded<Value>; reload: () => void } {
  const { leave } = useConsole()
  const [attempt, setAttempt] = useState(0)
  const wanted = `${key}#${attempt}`
  const [result, setResult] = useState<{ wanted: string; loaded: Loaded<Value> }>()
  const start = useEffectEvent(load)
  const failed = useEffectEvent((problem: Problem) => {
    if (endsSession(problem)) leave(problem)
  })
  useEffect(() => {
    let live = true
    const run = async (): Promise<void> => {
      try {
        const value = await start()
        if (live) setResult({ wanted, loaded: { state: 'ready', value } })
      } catch (error) {
        if (!live) return
        const problem = toProblem(error)
        setResult({ wanted, loaded: { state: 'failed', problem } })
        failed(problem)
      }
    }
    void run()
    return () => {
      live = false
    }
  }, [wanted])
  const loaded: Loaded<Value> = result?.wanted === wanted ? result.loaded : { state: 'loading' }
  return { loaded, reload: () => setAttempt((count) => count + 1) }
}
