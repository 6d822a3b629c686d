import type { z } from 'zod'
import type { batchLineReason } from '@anqu/contract'

export type LineReason = z.infer<typeof batchLineReason>
export type Problem = { readonly line: number; readonly reason: LineReason }
export type BatchLine = { readonly line: number; readonly cardId: string; readonly sealedKeys: string }

const header = 'card_id,key_set,transport_keys'
export const mostCards = 500
/** What is told of a file at once. */
export const mostProblems = 100

const forms = {
  'card-id': /^[0-9a-f]{20}$/,
  /** The keys a card is born with are key set 1. */
  'key-set': /^1$/,
  'transport-keys': /^(?=.{100,684}$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
} as const
const columns = Object.keys(forms) as (keyof typeof forms)[] // the keys are the columns, in their order

/**
 * A manufacturer's list of cards: a header and one line a card, comma-separated without quotes, ended by LF or CRLF. Every bad
 * line is told, by its number and why.
 */
export function parseBatchFile(file: string): { lines: BatchLine[]; problems: Problem[] } {
  const [first, ...rest] = file.replace(/\r?\n$/, '').split(/\r?\n/, mostCards + 2)
  if (first !== header) return { lines: [], problems: [{ line: 1, reason: 'header' }] }
  if (rest.length === 0) return { lines: [], problems: [{ line: 2, reason: 'no-cards' }] }
  if (rest.length > mostCards) return { lines: [], problems: [{ line: mostCards + 2, reason: 'too-many' }] }
  const lines: BatchLine[] = []
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const [at, text] of rest.entries()) {
    const line = at + 2
    const cells = text.split(',', columns.length + 1)
    const [cardId = '', , sealedKeys = ''] = cells
    const reason = badPart(cells) ?? (seen.has(cardId) ? 'duplicate' : undefined)
    seen.add(cardId)
    if (reason === undefined) lines.push({ line, cardId, sealedKeys })
    else problems.push({ line, reason })
  }
  return { lines, problems }
}

function badPart(cells: readonly string[]): LineReason | undefined {
  if (cells.length !== columns.length) return 'columns'
  return columns.find((column, at) => !forms[column].test(cells[at] ?? ''))
}
