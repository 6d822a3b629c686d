import { useState } from 'react'
import { endsSession, toProblem, type Problem } from '../api/problem.ts'
import { useConsole } from '../app/console-context.tsx'

/** Runs one request at a time and keeps what went wrong. */
export function useTask(): {
  busy: boolean
  problem: Problem | undefined
  run: (work: () => Promise<void>) => Promise<void>
} {
  const { leave } = useConsole()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const run = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      await work()
    } catch (error) {
      const found = toProblem(error)
      if (endsSession(found)) leave(found)
      else setProblem(found)
    } finally {
      setBusy(false)
    }
  }
  return { busy, problem, run }
}
