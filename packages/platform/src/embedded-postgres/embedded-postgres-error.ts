/** Why the embedded server cannot run here, in words a person can act on. */
export class EmbeddedPostgresError extends Error {
  readonly reason: 'unsupported' | 'folder-in-use' | 'folder-unreachable' | 'failed'

  constructor(reason: EmbeddedPostgresError['reason'], message: string) {
    super(message)
    this.name = 'EmbeddedPostgresError'
    this.reason = reason
  }
}
