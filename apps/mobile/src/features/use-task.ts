import { useCallback, useState } from 'react'
import { toProblem, type Problem } from '../api/problem.ts'
import { useApp } from '../app/app-context.tsx'

/**
 * Runs one request at a time and keeps what went wrong. Problems with the session are the app's business: they lead to
 * the log-in or to a confirmation, and the page need not know.
 */
export function useTask() {
  const { leave, askAgain } = useApp()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const run = useCallback(
    async (work: () => Promise<void>, onProblem?: (problem: Problem) => void) => {
      setBusy(true)
      setProblem(undefined)
      try {
        await work()
      } catch (error) {
        const found = toProblem(error)
        if (found.code === 'session.reauthentication-required') askAgain()
        else if (found.code.startsWith('session.')) leave(found)
        else setProblem(found)
        onProblem?.(found)
      } finally {
        setBusy(false)
      }
    },
    [leave, askAgain],
  )
  return { busy, problem, run, setProblem }
}
