import { useEffect, useEffectEvent, useState } from 'react'
import { toProblem, type Problem } from '../api/problem.ts'
import { useApp } from '../app/app-context.tsx'

export type Loaded<Value> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: Value }
  | { readonly state: 'failed'; readonly problem: Problem }

/** Loads something for a page; `key` names what, so a new key loads anew. Late answers of an old key are dropped. */
export function useLoad<Value>(key: string, load: () => Promise<Value>) {
  const { leave, askAgain } = useApp()
  const [attempt, setAttempt] = useState(0)
  const wanted = `${key}#${attempt}`
  const [result, setResult] = useState<{ wanted: string; loaded: Loaded<Value> }>()
  const reload = () => setAttempt((count) => count + 1)
  const start = useEffectEvent(load)
  const failed = useEffectEvent((problem: Problem) => {
    if (problem.code === 'session.reauthentication-required') askAgain(reload)
    else if (problem.code.startsWith('session.')) leave(problem)
  })
  useEffect(() => {
    let live = true
    const run = async () => {
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
  return { loaded, reload }
}
