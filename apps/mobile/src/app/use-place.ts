import { useCallback, useMemo, useRef, useSyncExternalStore } from 'react'
import { formatPlace, parsePlace, type Place } from './router.ts'

const subscribe = (changed: () => void) => {
  globalThis.addEventListener('hashchange', changed)
  return () => globalThis.removeEventListener('hashchange', changed)
}

/** The place the address names, and ways to move. `back` never leaves the app: without a history of ours it goes home. */
export function usePlace(home: Place) {
  const fragment = useSyncExternalStore(subscribe, () => globalThis.location.hash)
  const steps = useRef(0)
  const go = useCallback((place: Place) => {
    steps.current += 1
    globalThis.location.hash = formatPlace(place)
  }, [])
  const replace = useCallback((place: Place) => {
    globalThis.location.replace(formatPlace(place))
  }, [])
  const back = useCallback(() => {
    if (steps.current > 0) {
      steps.current -= 1
      globalThis.history.back()
    } else replace(home)
  }, [home, replace])
  const place = useMemo(() => parsePlace(fragment), [fragment])
  return { place, go, replace, back }
}
