import { refusals } from '@anqu/contract'

const texts: ReadonlyMap<string, { readonly zh: string; readonly en: string }> = new Map(
  Object.entries(refusals),
)

/** The public text of a code of the refusal catalogue; undefined for none. */
export const refusalText = (code: string | null) => (code === null ? undefined : texts.get(code))
