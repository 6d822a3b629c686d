import { sessionsLogout } from '@anqu/contract'
import { useState } from 'react'
import { useApp } from '../app/app-context.tsx'

/** Ends the session at the server first (B-7.5.9.5-3); here it ends whatever the answer is. */
export function useLogout() {
  const { api, leave } = useApp()
  const [busy, setBusy] = useState(false)
  const run = () => {
    setBusy(true)
    api.call(sessionsLogout, {}).then(
      () => leave(),
      () => leave(),
    )
  }
  return { busy, run }
}
