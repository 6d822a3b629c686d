import { factorsRequestOtp, type InputOf, type OutputOf } from '@anqu/contract'
import { useState } from 'react'
import type { Problem } from '../api/problem.ts'
import { useApp } from '../app/app-context.tsx'
import { useTask } from './use-task.ts'

/** A code by SMS for one purpose; the server decides when another may be asked for. */
export function useOtp() {
  const { api } = useApp()
  const { busy, problem, run } = useTask()
  const [sent, setSent] = useState<OutputOf<typeof factorsRequestOtp>>()
  const [digits, setDigits] = useState('')
  const send = (input: InputOf<typeof factorsRequestOtp>, onProblem?: (problem: Problem) => void) =>
    run(async () => {
      setSent(await api.call(factorsRequestOtp, input))
      setDigits('')
    }, onProblem)
  const reset = () => {
    setSent(undefined)
    setDigits('')
  }
  return {
    sent,
    digits,
    setDigits,
    send,
    reset,
    sending: busy,
    problem,
    complete: sent && digits.length === 6,
  }
}
