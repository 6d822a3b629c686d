import type { Language } from './dictionary.ts'

export type Theme = 'light' | 'dark' | 'auto'
export type TextSize = 'standard' | 'large'
export type Appearance = { readonly language: Language; readonly theme: Theme; readonly text: TextSize }

export const defaultAppearance: Appearance = { language: 'zh', theme: 'light', text: 'standard' }

/** Reads back what `JSON.stringify(appearance)` stored; anything unexpected falls back to the defaults, value by value. */
export function parseAppearance(stored: string | null): Appearance {
  let value: unknown
  try {
    value = JSON.parse(stored ?? 'null')
  } catch {
    return defaultAppearance
  }
  const has = (name: string, allowed: readonly string[]) =>
    typeof value === 'object' && value !== null && allowed.includes(String(Reflect.get(value, name)))
  return {
    language: has('language', ['en']) ? 'en' : 'zh',
    theme: has('theme', ['dark']) ? 'dark' : has('theme', ['auto']) ? 'auto' : 'light',
    text: has('text', ['large']) ? 'large' : 'standard',
  }
}

/** The style sheet does the rest: tokens depend on these three attributes alone. */
export function applyAppearance(root: HTMLElement, appearance: Appearance): void {
  root.lang = appearance.language === 'zh' ? 'zh-CN' : 'en'
  root.dataset['theme'] = appearance.theme
  root.dataset['text'] = appearance.text
}
