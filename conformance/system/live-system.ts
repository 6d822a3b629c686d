import type { Certificate } from '@anqu/pki'
import type { SecretStore } from '@anqu/client'
import type { Sm2PrivateKey } from '@anqu/gm-crypto'
import type { MessageClient } from '@anqu/message'
import type { CardConnection, CardStorage } from '@anqu/secure-element'
import type { CardInspection } from '@anqu/secure-element/inspection'
import type { Fixtures } from './fixtures.ts'
import type { Databases } from './database.ts'
import type { Applications, Installation, RandomSource } from './installation.ts'
import type { Interference, RawAnswer, RawRequest, TextMessage } from './interference.ts'
import type { Staff } from './staff.ts'

/** The running system as the checks see it. */
export type LiveSystem = {
  readonly clock: { nowMs(): number }
  readonly startedAtMs: number
  /** The folder with keys, database and logs of this run. */
  readonly dataDir: string
  /** `app`, `console`, `apiDocs`, `smsInbox`, `witness`, `bankCore`, `ca`. */
  readonly addresses: Readonly<Record<string, string>>
  readonly anchors: readonly Certificate[]
  readonly database: Databases
  readonly fixtures: Fixtures
  /** `random` is where its card draws from. */
  newInstallation(applications?: Applications, random?: RandomSource): Promise<Installation>
  /** The SDK's half of the message protocol, for a client with this key. */
  messageClient(key: Sm2PrivateKey, clock?: { nowMs(): number }): MessageClient
  /** The way to a card the check has made itself, as an interference may change it. */
  wire(card: CardConnection): CardConnection
  /** White-box: a card the check has made itself, from inside. The card must be reset before it is used again. */
  inspect(storage: CardStorage): Promise<CardInspection>
  /** The SDK's way to a card, with `store` for its secrets. */
  client(card: CardConnection, store: SecretStore): CardConnection
  newStaff(role: 'operator' | 'auditor' | 'administrator'): Promise<Staff>
  http(request: RawRequest): Promise<RawAnswer>
  get(address: string, path: string): Promise<RawAnswer>
  /** What a picture shows, read by the stand-in for the customer's eyes. */
  shows(pictureId: string): Promise<string>
  /** The newest text message to a phone since a moment; waits for it a little. */
  message(phone: string, sinceMs: number): Promise<TextMessage>
  messages(phone: string): Promise<TextMessage[]>
  /** The log files the programs have written so far. */
  logs(): Promise<string>
  /** Switches a fault of the bank on, for the next call unless said otherwise. */
  bankFault(
    order: { fault: string; times?: number | 'always'; delayMs?: number; on?: string[] } | undefined,
  ): Promise<void>
  kill(program: string): Promise<void>
  restart(program: string): Promise<void>
  pause(ms: number): Promise<void>
  /** What the interference, if there is one, makes of an answer of the CA. */
  answeredByAuthority(path: string, answer: unknown): unknown
  /** Runs `work` without interference: what is prepared for a check is not what is checked. */
  undisturbed<T>(work: () => Promise<T>): Promise<T>
  disturbed<T>(interference: Interference, work: () => Promise<T>): Promise<T>
}
