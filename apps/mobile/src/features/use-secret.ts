import { useCallback, useEffect, useState } from 'react'
import type { KeyboardPurpose, OpenSecret, SealedSecret } from '../api/channel-api.ts'
import { useApp } from '../app/app-context.tsx'
import { useTask } from './use-task.ts'

/**
 * One password on one secure keyboard: opened when its field is tapped, forgotten when it expires, when it was handed
 * over, and when the page is left (D-5.6.5-b). The page sees a count.
 */
export function useSecret(purpose: KeyboardPurpose) {
  const { api, clock } = useApp()
  const { busy, problem, run } = useTask()
  const [entry, setEntry] = useState<OpenSecret>()
  const [count, setCount] = useState(0)
  const [expired, setExpired] = useState(false)

  const reset = useCallback(() => {
    setEntry(undefined)
    setCount(0)
  }, [])

  useEffect(() => {
    if (!entry) return
    const timer = setTimeout(
      () => {
        reset()
        setExpired(true)
      },
      Math.max(0, entry.expiresAtMs - clock.nowMs()),
    )
    return () => {
      clearTimeout(timer)
      entry.clear()
    }
  }, [entry, clock, reset])

  const open = () =>
    entry
      ? Promise.resolve()
      : run(async () => {
          setExpired(false)
          setEntry(await api.openSecret(purpose))
          setCount(0)
        })

  /** Hands the sealed taps over; the keyboard is used up by that. */
  const take = (): SealedSecret | undefined => {
    const sealed = entry?.finish()
    reset()
    return sealed
  }

  return { entry, count, setCount, opening: busy, problem, expired, open, take, reset }
}

export type Secret = ReturnType<typeof useSecret>
