import { bytesToHex, equalBytes, parseBerTlv, type BerTlv } from '@anqu/encoding'
import type { CommandApdu } from '../apdu/command.ts'
import { requireStatus, StatusError, StatusWord } from '../apdu/status-word.ts'
import {
  allowsCommand,
  encodeAccessRule,
  parseAccessRule,
  parseReference,
  RULE_TAG,
  type AccessRule,
} from './access-rule.ts'
import { put, remove, type AppletMemory } from './applet-memory.ts'
import {
  BINDING_TAG,
  encodeBinding,
  parseBinding,
  verifyClientBinding,
  type ClientBinding,
} from './client-binding.ts'
import type { Change } from './non-volatile-memory.ts'

export type { ClientBinding } from './client-binding.ts'

const RULES = 'rule/'
const CLIENTS = 'client/'
const REFRESH_TAG = 'refresh-tag'
/** Rules of one card: bounded so that listing them stays one answer. */
const MOST_RULES = 128

/** Where the keys of a client instance are; they go with its binding. */
export interface ClientKeys {
  has(version: number): boolean
  removal(version: number): Change[]
}

/**
 * Who reaches the applications (B-7.4-3, B-7.4-4): client software signed under a listed certificate, with the commands its
 * rule lets through. A client is known by the channel keys that were bound to it at personalisation, so it proves itself by
 * opening the secure channel. Rules and bindings are the issuer's, stored by STORE DATA.
 */
export class AccessControl {
  readonly #memory: AppletMemory
  readonly #keys: ClientKeys
  readonly #packageHash: (instance: Uint8Array) => Uint8Array | undefined
  #known: { readonly revision: object; readonly hasRules: boolean } | undefined

  /** `packageHash`: SM3 of the load file that an instance came in; undefined when the card was made with it. */
  constructor(
    memory: AppletMemory,
    keys: ClientKeys,
    packageHash: (instance: Uint8Array) => Uint8Array | undefined,
  ) {
    this.#memory = memory
    this.#keys = keys
    this.#packageHash = packageHash
  }

  /** Asked for every command, so worked out once for each state of the memory. */
  get hasRules(): boolean {
    const { revision } = this.#memory
    if (this.#known?.revision !== revision) this.#known = { revision, hasRules: this.#memory.has(RULES) }
    return this.#known.hasRules
  }

  rules(): AccessRule[] {
    return this.#memory.paths(RULES).flatMap((path) => {
      const rule = this.#rule(path)
      return rule === undefined ? [] : [rule]
    })
  }

  get refreshTag(): Uint8Array {
    return this.#memory.get(REFRESH_TAG) ?? new Uint8Array(8)
  }

  /** The client instance that holds the keys of that version. */
  client(version: number): ClientBinding | undefined {
    const bytes = this.#memory.get(CLIENTS + version)
    return bytes === undefined ? undefined : parseBinding(version, bytes)
  }

  clients(): ClientBinding[] {
    return this.#memory
      .paths(CLIENTS)
      .flatMap((path) => this.client(Number(path.slice(CLIENTS.length))) ?? [])
  }

  /** A client reaches the one application instance it is bound to, and there what the most specific rule allows. */
  allows(client: ClientBinding, aid: Uint8Array, command: CommandApdu): boolean {
    if (!equalBytes(client.aid, aid)) return false
    const rule = this.#ruleFor(aid, client.certificateHash)
    return rule !== undefined && allowsCommand(rule, command)
  }

  /** What must be committed for the data objects of one STORE DATA. @throws StatusError, for the first that is refused. */
  changes(objects: readonly BerTlv[]): Change[] {
    return objects.flatMap((object) => {
      if (object.tag === RULE_TAG.store) return this.#storeRules(object)
      if (object.tag === RULE_TAG.delete) return this.#deleteRules(object)
      if (object.tag === RULE_TAG.refresh) return this.#refreshed()
      requireStatus(object.tag === BINDING_TAG, StatusWord.wrongData)
      const { client, packageHash } = verifyClientBinding(object)
      return this.#bind(client, packageHash)
    })
  }

  /** What must be committed when an application instance goes: nobody stays bound to it. */
  releaseOf(aid: Uint8Array): Change[] {
    return this.clients()
      .filter((client) => equalBytes(client.aid, aid))
      .flatMap(({ version }) => this.release(version))
  }

  /** The end of a client instance: its keys go with it. */
  release(version: number): Change[] {
    return [remove(CLIENTS + version), ...this.#keys.removal(version)]
  }

  /** A new client instance releases the one before it (B-7.5.1.3): the old one's keys open nothing any more. */
  #bind(client: ClientBinding, packageHash: Uint8Array): Change[] {
    const listed = this.#ruleFor(client.aid, client.certificateHash)
    requireStatus(listed !== undefined && listed.commands !== 'never', StatusWord.securityNotSatisfied)
    // Software was released for one package: with another one on the card it gets nowhere.
    const loaded = this.#packageHash(client.aid)
    requireStatus(loaded === undefined || equalBytes(loaded, packageHash), StatusWord.securityNotSatisfied)
    requireStatus(this.#keys.has(client.version), StatusWord.referencedDataNotFound)
    // Keys that one instance holds are never another's.
    const holder = this.client(client.version)
    const sameHolder = holder === undefined || equalBytes(holder.instance, client.instance)
    requireStatus(sameHolder, StatusWord.conditionsNotSatisfied)
    const former = this.clients().filter(
      ({ aid, version }) => equalBytes(aid, client.aid) && version !== client.version,
    )
    return [
      ...former.flatMap(({ version }) => this.release(version)),
      put(CLIENTS + client.version, encodeBinding(client)),
    ]
  }

  #storeRules({ children = [] }: BerTlv): Change[] {
    requireStatus(children.length > 0, StatusWord.wrongData)
    const changes = children.map((child) => {
      const rule = parseAccessRule(child)
      return put(rulePath(rule), encodeAccessRule(rule))
    })
    const paths = new Set([...this.#memory.paths(RULES), ...changes.map(({ path }) => path)])
    requireStatus(paths.size <= MOST_RULES, StatusWord.notEnoughMemory)
    return [...changes, ...this.#refreshed()]
  }

  /** F1 empty: all rules. F1{E1}: that rule. F1{4F}: all rules of that application. */
  #deleteRules({ children = [] }: BerTlv): Change[] {
    const all = this.#memory.paths(RULES)
    const [child, ...more] = children
    requireStatus(more.length === 0, StatusWord.wrongData)
    const start = child === undefined ? RULES : deletedStart(child)
    const gone = all.filter((path) => path.startsWith(start))
    requireStatus(child === undefined || gone.length > 0, StatusWord.referencedDataNotFound)
    return [...gone.map(remove), ...this.#refreshed()]
  }

  /** Eight bytes that differ after every change, so that a reader knows its copy is old (GPD_SPE_013 table 4-4). */
  #refreshed(): Change[] {
    const bytes = this.refreshTag.slice()
    const view = new DataView(bytes.buffer)
    view.setBigUint64(0, view.getBigUint64(0) + 1n)
    return [put(REFRESH_TAG, bytes)]
  }

  #ruleFor(aid: Uint8Array, certificateHash: Uint8Array): AccessRule | undefined {
    return (
      this.#rule(rulePath({ aid, certificateHash })) ??
      this.#rule(rulePath({ aid: new Uint8Array(0), certificateHash }))
    )
  }

  #rule(path: string): AccessRule | undefined {
    const bytes = this.#memory.get(path)
    return bytes === undefined ? undefined : parseAccessRule(parseBerTlv(bytes)[0])
  }
}

function rulePath({ aid, certificateHash }: Pick<AccessRule, 'aid' | 'certificateHash'>): string {
  return `${RULES}${bytesToHex(aid)}/${bytesToHex(certificateHash)}`
}

function deletedStart(child: BerTlv): string {
  if (child.tag === RULE_TAG.aid) return `${RULES}${bytesToHex(child.value)}/`
  if (child.tag === RULE_TAG.reference) return rulePath(parseReference(child))
  throw new StatusError(StatusWord.wrongData)
}
