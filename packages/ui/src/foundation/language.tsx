import { createContext, use, useMemo, type ReactNode } from 'react'
import { translator, type Dictionary, type Language, type Translator } from './dictionary.ts'

const LanguageContext = createContext<Language>('zh')

export const LanguageProvider = (props: { language: Language; children: ReactNode }) => (
  <LanguageContext value={props.language}>{props.children}</LanguageContext>
)

export const useLanguage = (): Language => use(LanguageContext)

export function useTexts<Zh extends Record<string, string>>(dictionary: Dictionary<Zh>): Translator<Zh> {
  const language = useLanguage()
  return useMemo(() => translator(dictionary, language), [dictionary, language])
}

/** Picks the right side of a text that came from the server in both languages. */
export function useBilingual(): (text: { readonly zh: string; readonly en: string }) => string {
  const language = useLanguage()
  return (text) => text[language]
}
