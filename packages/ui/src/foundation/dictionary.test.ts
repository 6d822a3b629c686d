import { describe, expect, test } from 'vitest'
import { defineDictionary, holesOf, translator } from './dictionary.ts'
import { uiTexts } from './ui-texts.ts'

const dictionary = defineDictionary({ wait: '{seconds} 秒后重发' }, { wait: 'Again in {seconds} s' })

test('a hole is filled in both languages', () => {
  expect(translator(dictionary, 'zh')('wait', { seconds: 9 })).toBe('9 秒后重发')
  expect(translator(dictionary, 'en')('wait', { seconds: 9 })).toBe('Again in 9 s')
})

test('a value that looks like a hole is not filled again', () => {
  expect(translator(dictionary, 'en')('wait', { seconds: '{seconds}' })).toBe('Again in {seconds} s')
})

describe('texts of the shared pieces', () => {
  test.each(Object.entries(uiTexts.zh))(
    '%s says the same with the same holes in both languages',
    (key, zh) => {
      const en = uiTexts.en[key as keyof typeof uiTexts.zh] // keys of one side are keys of the other by type
      expect(en.trim()).not.toBe('')
      expect(holesOf(en)).toEqual(holesOf(zh))
      expect(en).not.toMatch(/\p{Script=Han}/u)
      expect(zh).toMatch(/\p{Script=Han}/u)
    },
  )
})
