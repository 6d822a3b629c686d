import type { Language } from './dictionary.ts'

const tag = (language: Language) => (language === 'zh' ? 'zh-CN' : 'en-GB')

/** Date and time to the minute, in the customer's time zone. */
export const formatDateTime = (atMs: number, language: Language): string =>
  new Intl.DateTimeFormat(tag(language), { dateStyle: 'medium', timeStyle: 'short' }).format(atMs)

/** A calendar date given as YYYY-MM-DD; no time zone may move it to another day. */
export const formatDate = (isoDate: string, language: Language): string =>
  new Intl.DateTimeFormat(tag(language), { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(`${isoDate}T00:00:00Z`),
  )

/** The calendar day of a moment, in the customer's time zone. */
export const formatDay = (atMs: number, language: Language): string =>
  new Intl.DateTimeFormat(tag(language), { dateStyle: 'medium' }).format(atMs)
