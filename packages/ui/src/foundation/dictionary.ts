/** Languages every text of ours exists in. Chinese comes first: it is the language the standards speak to customers. */
export type Language = 'zh' | 'en'

type Holes<Text extends string> = Text extends `${string}{${infer Hole}}${infer Rest}`
  ? Hole | Holes<Rest>
  : never
type Fill<Text extends string> = [Holes<Text>] extends [never]
  ? []
  : [values: Readonly<Record<Holes<Text>, string | number>>]

export type Dictionary<Zh extends Record<string, string> = Record<string, string>> = {
  readonly zh: Zh
  readonly en: Readonly<Record<keyof Zh, string>>
}

/** Looks a text up and fills its `{holes}`; which holes a key needs is known to the compiler from the Chinese text. */
export type Translator<Zh extends Record<string, string>> = <Key extends keyof Zh & string>(
  key: Key,
  ...fill: Fill<Zh[Key]>
) => string

/** Declares texts in both languages; a key missing in one of them does not compile. */
export const defineDictionary = <const Zh extends Record<string, string>>(
  zh: Zh,
  en: Readonly<Record<keyof Zh, string>>,
): Dictionary<Zh> => ({ zh, en })

const hole = /\{(\w+)\}/g

/** Names of the holes of a text, sorted; both languages must agree on them. */
export const holesOf = (text: string): readonly string[] =>
  Array.from(text.matchAll(hole), ([, name]) => name ?? '').toSorted()

export function translator<Zh extends Record<string, string>>(
  dictionary: Dictionary<Zh>,
  language: Language,
): Translator<Zh> {
  return (key, ...fill) => {
    const values: Readonly<Record<string, string | number>> = fill[0] ?? {}
    return dictionary[language][key].replaceAll(hole, (_, name: string) => String(values[name] ?? ''))
  }
}
