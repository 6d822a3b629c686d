import type { Clock } from '@anqu/ui'
import { useEffect } from 'react'
import type { ChannelApi } from '../api/channel-api.ts'

/** Half of what B-7.5.3-3 allows, so that a device that slept for a while is still in time. */
const checkAfterMs = 12 * 3_600_000
const lookEveryMs = 60_000

/** An app that stays open is checked again and again; one that is no longer whole ends, and does not start again. */
export function usePackageWatch(api: ChannelApi, clock: Clock): void {
  useEffect(() => {
    let checkedAtMs = clock.nowMs()
    let asking = false
    const look = async (): Promise<void> => {
      const atMs = clock.nowMs()
      if (asking || atMs - checkedAtMs < checkAfterMs) return
      asking = true
      const answer = await api.askAboutPackage('check').catch(() => undefined)
      asking = false
      if (answer === undefined) return // once more in a minute
      checkedAtMs = atMs
      if (answer.state !== 'ready') globalThis.location.reload()
    }
    const timer = setInterval(() => void look(), lookEveryMs)
    return () => clearInterval(timer)
  }, [api, clock])
}
