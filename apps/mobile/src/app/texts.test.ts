import { readdirSync, readFileSync } from 'node:fs'
import { holesOf, type Dictionary } from '@anqu/ui'
import { describe, expect, test } from 'vitest'

const root = new URL('../', import.meta.url)
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /\.tsx?$/.test(file) && !file.includes('.test.'),
)

const texts: (readonly [name: string, zh: string, en: string])[] = []
const dictionaries = sources.filter((file) => file.endsWith('-texts.ts'))
for (const file of dictionaries) {
  const exported: Record<string, Dictionary> = await import(new URL(file, root).href)
  for (const { zh, en } of Object.values(exported))
    for (const [key, text] of Object.entries(zh)) texts.push([`${file} ${key}`, text, en[key] ?? ''])
}

test('every area of the app has its dictionary', () => expect(dictionaries.length).toBeGreaterThanOrEqual(9))

test.each(texts)('%s has the same holes in both languages', (name, zh, en) => {
  expect(zh.trim()).not.toBe('')
  expect(en.trim()).not.toBe('')
  expect(holesOf(en)).toEqual(holesOf(zh))
  // The language switch is named in the language it leads to.
  if (!name.endsWith('languageSwitch')) expect(en).not.toMatch(/\p{Script=Han}/u)
})

describe('source of the app', () => {
  test.each(sources)('%s writes no log and builds no markup from strings', (file) => {
    const text = readFileSync(new URL(file, root), 'utf8')
    expect(text).not.toMatch(/console\.|dangerouslySetInnerHTML|innerHTML|\beval\(/)
  })
})
