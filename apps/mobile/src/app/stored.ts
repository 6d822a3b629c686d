import { parseAppearance, type Appearance } from '@anqu/ui'

/**
 * The little this browser remembers in clear: how the app looks, and which privacy notice was decided on. Nothing here
 * tells who the customer is (C-6.2.1.2-b); keys live sealed in IndexedDB.
 */
const appearanceKey = 'anqu.appearance'
const consentKey = 'anqu.consent'

export type Consent = {
  readonly version: string
  readonly decision: 'accepted' | 'refused'
  readonly consentId: string
}

export const loadAppearance = (storage: Storage): Appearance =>
  parseAppearance(storage.getItem(appearanceKey))

export const saveAppearance = (storage: Storage, appearance: Appearance): void =>
  storage.setItem(appearanceKey, JSON.stringify(appearance))

/** Undefined when no decision was made, or when what is stored is not a decision. */
export function loadConsent(storage: Storage): Consent | undefined {
  try {
    const value: unknown = JSON.parse(storage.getItem(consentKey) ?? 'null')
    if (typeof value !== 'object' || value === null) return undefined
    const [version, decision, consentId]: unknown[] = ['version', 'decision', 'consentId'].map((name) =>
      Reflect.get(value, name),
    )
    if (typeof version !== 'string' || typeof consentId !== 'string') return undefined
    return decision === 'accepted' || decision === 'refused' ? { version, decision, consentId } : undefined
  } catch {
    return undefined
  }
}

export function saveConsent(storage: Storage, consent: Consent | undefined): void {
  if (consent) storage.setItem(consentKey, JSON.stringify(consent))
  else storage.removeItem(consentKey)
}
