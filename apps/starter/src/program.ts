/** What a program is told when it is started: where everything else is. */
export interface Surroundings {
  readonly profile: Profile
  readonly host: string
  /** The port of every listener of every program, by the setting that names it, for example `ANQU_CA_PORT`. */
  readonly ports: Readonly<Record<string, number>>
  /** Connection URL of every database, by its name. */
  readonly databases: Readonly<Record<string, string>>
  readonly redisUrl: string | undefined
  /** PEM files for what strangers reach, when TLS is on. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  /** A folder in the data folder, mode 0700; `folder(name)` of a program is its own. */
  folder(name: string): string
}

export type Profile = 'demo' | 'production'

/** A process that the starter runs, and what it needs. */
export interface Program {
  readonly name: string
  /** The built file, run by Node. */
  readonly entry: string
  /** Set for one that does its work and ends; having done it counts as serving. */
  readonly once?: true
  /** Programs that must serve before this one is started. */
  readonly after: readonly string[]
  /** Each gets a database and a role of the same name. */
  readonly databases: readonly string[]
  /** Setting → port of an ordinary start. */
  readonly ports: Readonly<Record<string, number>>
  /** Variables with one of these beginnings are handed through, so that a program may have settings of its own. */
  readonly settingPrefixes: readonly string[]
  environment(surroundings: Surroundings): Readonly<Record<string, string | undefined>>
}
