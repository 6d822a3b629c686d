import type { Sm2PublicKey } from '@anqu/gm-crypto'
import {
  parseKeyVersions,
  parsePublisherKey,
  parseStatusEntries,
  type StatusEntry,
} from '@anqu/secure-element/issuer'
import type { OpenedCommand } from './opened-command.ts'

/** What a card said of itself over the secure channel. */
export type CardPicture = {
  readonly keyVersions: readonly number[]
  readonly cardState: number
  readonly applications: readonly StatusEntry[]
  readonly loadFiles: readonly StatusEntry[]
  /** Whose signature the card asks of packages; undefined while it asks nobody's. */
  readonly publisher: Sm2PublicKey | undefined
}

export const pictureCommands = ['keys', 'card', 'applications', 'load-files', 'publisher'] as const

/** Undefined when the card did not answer all questions: it lost power in between. */
export function readPicture(answers: readonly OpenedCommand[]): CardPicture | undefined {
  const [keys, card, applications, loadFiles, publisher] = pictureCommands.map((name) =>
    answers.findLast((answer) => answer.name === `read ${name}`),
  )
  const [state] = entries(card)
  if (keys?.statusWord !== 0x9000 || state === undefined) return undefined
  if (!isList(applications) || !isList(loadFiles) || !isList(publisher)) return undefined
  return {
    keyVersions: parseKeyVersions(keys.data),
    cardState: state.state,
    applications: entries(applications),
    loadFiles: entries(loadFiles),
    publisher: publisher?.statusWord === 0x9000 ? parsePublisherKey(publisher.data) : undefined,
  }
}

/** 6A88: there are none. */
const isList = (answer: OpenedCommand | undefined): boolean =>
  answer?.statusWord === 0x9000 || answer?.statusWord === 0x6a88

const entries = (answer: OpenedCommand | undefined): StatusEntry[] =>
  answer?.statusWord === 0x9000 ? parseStatusEntries(answer.data) : []
