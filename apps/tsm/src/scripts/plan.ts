import { bytesToHex, hexToBytes } from '@anqu/encoding'
import { SECURITY_SERVICE_AID, type CommandApdu, type KeySet } from '@anqu/secure-element'
import {
  deleteObject,
  getKeyInformation,
  getPublisherKey,
  getStatus,
  installApplication,
  loadPackage,
  putKey,
  putPublisherKey,
  setApplicationLock,
  setCardState,
} from '@anqu/secure-element/issuer'
import { securityService, type PackageFile } from '../packages/packages.ts'
import { pictureCommands, type CardPicture } from './card-picture.ts'

/** A command of the TSM and what it is for. */
export type PlannedCommand = { readonly name: string; readonly command: CommandApdu }

/** How a card shall be when the script is over. */
export type WantedCard = {
  readonly application: 'usable' | 'locked' | 'absent'
  /** What shall be on the card; undefined leaves the version that is there. */
  readonly package: PackageFile | undefined
  /** Keys of the client instance that is to reach the application, and what binds it to them. */
  readonly client: { readonly keys: KeySet; readonly binding: readonly CommandApdu[] } | undefined
  /** Everything the application stored is destroyed first. */
  readonly emptied: boolean
}

export type PlanInput = {
  readonly picture: CardPicture
  readonly wanted: WantedCard
  /** Keys the session was opened with. */
  readonly session: KeySet
  /** Whether earlier commands of this script have done it already. */
  readonly done: { readonly personalised: boolean; readonly emptied: boolean }
}

const locked = 0x80
const secured = 0x0f

const service = bytesToHex(SECURITY_SERVICE_AID)

/** The security service's own instance among a card's applications. */
export const serviceOf = (picture: CardPicture): CardPicture['applications'][number] | undefined =>
  picture.applications.find(({ aid }) => aid === service)

export const packageOf = (picture: CardPicture): CardPicture['loadFiles'][number] | undefined =>
  picture.loadFiles.find(({ aid }) => aid === securityService)

export const isLocked = (entry: { readonly state: number } | undefined): boolean =>
  entry !== undefined && (entry.state & locked) !== 0

/**
 * The commands that bring a card from what it is to what it shall be; none when it is that already. Each command is whole or
 * nothing on the card, and the plan is made from what the card itself says, so a script that was cut off anywhere goes on
 * with the rest.
 */
export async function plan({ picture, wanted, session, done }: PlanInput): Promise<PlannedCommand[]> {
  if (wanted.application === 'absent') return removal(picture)
  const commands: PlannedCommand[] = []
  const add = (name: string, ...list: CommandApdu[]): void =>
    void commands.push(...list.map((command) => ({ name, command })))
  const present = serviceOf(picture)
  const empty = wanted.emptied && !done.emptied && present !== undefined
  if (present !== undefined && empty) add('delete application', deleteObject(hexToBytes(present.aid)))
  const kept = empty ? undefined : present
  addPackage(add, picture, wanted)
  if (kept === undefined && wanted.package !== undefined)
    add('install application', ...installation(wanted.package))
  if (wanted.client !== undefined && !done.personalised) {
    const { keys, binding } = wanted.client
    // Keys of a client go with the application it was bound to.
    const replaced = !empty && picture.keyVersions.includes(keys.version) ? keys.version : 0
    add('put client keys', await putKey(keys, { replaced, session }))
    add('personalise', ...binding)
  }
  if (picture.cardState < secured) add('secure card', setCardState(secured))
  if (kept !== undefined && isLocked(kept) !== (wanted.application === 'locked')) {
    const state = wanted.application === 'locked' ? 'locked' : 'open'
    add(
      `${state === 'locked' ? 'lock' : 'unlock'} application`,
      setApplicationLock(hexToBytes(kept.aid), state),
    )
  }
  return commands
}

type Add = (name: string, ...commands: CommandApdu[]) => void

/**
 * The card takes a package under the signature of its publisher only, which it checks itself. A newer version takes the place
 * of the older in one step; instances keep what they stored. There is no way back.
 */
function addPackage(add: Add, picture: CardPicture, wanted: WantedCard): void {
  const file = wanted.package
  const present = packageOf(picture)
  if (file === undefined) return
  if (picture.publisher?.equals(file.publisher) !== true)
    add(
      'put publisher key',
      putPublisherKey(file.publisher, picture.publisher === undefined ? 'new' : 'replace'),
    )
  if (present !== undefined && present.version >= file.version) return
  const loaded = { aid: hexToBytes(file.aid), data: file.loadFile, signature: file.signature }
  add('load package', ...loadPackage(loaded, present === undefined ? 'new' : 'replace'))
}

function installation(file: PackageFile): CommandApdu[] {
  return file.modules.map((module) =>
    installApplication({
      loadFile: hexToBytes(file.aid),
      module: hexToBytes(module),
      instance: hexToBytes(module),
    }),
  )
}

function removal(picture: CardPicture): PlannedCommand[] {
  const present = serviceOf(picture)
  const applications = present === undefined ? [] : [deleteObject(hexToBytes(present.aid))]
  const file = packageOf(picture)
  const files = file === undefined ? [] : [deleteObject(hexToBytes(file.aid))]
  return [
    ...applications.map((command) => ({ name: 'delete application', command })),
    ...files.map((command) => ({ name: 'delete package', command })),
  ]
}

/** The questions whose answers make a picture. */
export function pictureQuestions(): PlannedCommand[] {
  return pictureCommands.map((of) => ({
    name: `read ${of}`,
    command: question(of),
  }))
}

function question(of: (typeof pictureCommands)[number]): CommandApdu {
  if (of === 'keys') return getKeyInformation()
  return of === 'publisher' ? getPublisherKey() : getStatus(of)
}
