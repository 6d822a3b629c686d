import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const css = readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8')
const [standard = '', large = ''] = css.split(":root[data-text='large']")

const colours = new Map(
  Array.from(
    css.matchAll(/--aq-([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g),
    ([, name = '', light = '', dark = '']) => [name, { light, dark }],
  ),
)
const channel = (hex: string, at: number) => {
  const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
  return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}
/** Relative luminance and contrast ratio as WCAG 2.2 defines them. */
const luminance = (hex: string) =>
  0.2126 * channel(hex, 1) + 0.7152 * channel(hex, 3) + 0.0722 * channel(hex, 5)
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const texts: readonly (readonly [string, readonly string[]])[] = [
  [
    'ink',
    [
      'page',
      'surface',
      'sunken',
      'raised',
      'brand-soft',
      'danger-soft',
      'warn-soft',
      'good-soft',
      'info-soft',
    ],
  ],
  ['ink-2', ['page', 'surface', 'sunken', 'warn-soft', 'danger-soft', 'good-soft', 'info-soft']],
  ['ink-3', ['page', 'surface', 'sunken']],
  ['brand', ['page', 'surface', 'sunken', 'raised', 'brand-soft']],
  ['on-brand', ['brand', 'brand-press']],
  ['on-hero', ['hero']],
  ['on-hero-2', ['hero']],
  ...['danger', 'warn', 'good', 'info'].map((tone) => [tone, ['page', 'surface', `${tone}-soft`]] as const),
]

describe.each(['light', 'dark'] as const)('%s theme', (theme) => {
  const colour = (name: string) => {
    const found = colours.get(name)
    if (!found) throw new Error(`no colour ${name}`)
    return found[theme]
  }
  test.each(texts.flatMap(([text, grounds]) => grounds.map((ground) => [text, ground] as const)))(
    'text in %s on %s has a contrast of at least 4.5 to 1',
    (text, ground) => expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5),
  )
  test.each(['page', 'surface'])('the edge of a control stands out from %s at least 3 to 1', (ground) =>
    expect(contrast(colour('line-strong'), colour(ground))).toBeGreaterThanOrEqual(3),
  )
})

test('the contrast formula gives 21 for black on white and 1 for a colour on itself', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
  expect(contrast('#0c5a5b', '#0c5a5b')).toBe(1)
})

const sizes = (block: string, name: RegExp) => Array.from(block.matchAll(name), ([, rem]) => Number(rem) * 16)

test('large-text mode has no text under 18 and no main control under 60', () => {
  const text = sizes(large, /--aq-text-[\w-]+: ([\d.]+)rem/g)
  const controls = sizes(large, /--aq-(?:control|target|row): ([\d.]+)rem/g)
  expect(text).toHaveLength(sizes(standard, /--aq-text-[\w-]+: ([\d.]+)rem/g).length)
  expect(Math.min(...text)).toBeGreaterThanOrEqual(18)
  expect(controls).toHaveLength(3)
  expect(Math.min(...controls)).toBeGreaterThanOrEqual(60)
})
