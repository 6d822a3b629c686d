import { applyAppearance, type Appearance } from '@anqu/ui'
import { useCallback, useLayoutEffect, useState } from 'react'
import { loadAppearance, loadConsent, saveAppearance, saveConsent, type Consent } from './stored.ts'

/** How the app looks, and the decision on the privacy notice: kept in this browser, applied at once. */
export function useStored(storage: Storage) {
  const [appearance, showAppearance] = useState(() => loadAppearance(storage))
  const [consent, showConsent] = useState(() => loadConsent(storage))
  useLayoutEffect(() => applyAppearance(document.documentElement, appearance), [appearance])
  const setAppearance = useCallback(
    (next: Appearance) => {
      saveAppearance(storage, next)
      showAppearance(next)
    },
    [storage],
  )
  const setConsent = useCallback(
    (next: Consent | undefined) => {
      saveConsent(storage, next)
      showConsent(next)
    },
    [storage],
  )
  return { appearance, setAppearance, consent, setConsent }
}
