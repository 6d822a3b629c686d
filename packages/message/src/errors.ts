/** What a peer is told. The set is closed: each code has its own remedy and says nothing about the content. */
export type MessageErrorCode =
  | 'message.malformed'
  | 'message.unknown-channel'
  | 'message.replayed'
  | 'message.stale'
  | 'message.tampered'
  | 'message.untrusted-server'

/**
 * A message that was not accepted. `code` may be shown to the peer; `detail` is for the log of the side that refused
 * and never holds message content or key material.
 */
export class MessageError extends Error {
  override readonly name = 'MessageError'
  readonly code: MessageErrorCode
  readonly detail: string

  constructor(code: MessageErrorCode, detail: string) {
    super(code)
    this.code = code
    this.detail = detail
  }
}
