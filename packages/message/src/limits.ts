/** The protocol version, first byte of everything that is sent. */
export const PROTOCOL_VERSION = 1

/** Second byte of everything that is sent. A value is never reused for another layout. */
export const MESSAGE_TYPE = {
  clientHello: 1,
  serverHello: 2,
  clientFinish: 3,
  request: 4,
  response: 5,
} as const

export const CHANNEL_ID_BYTES = 16
export const NONCE_BYTES = 32
export const PUBLIC_KEY_BYTES = 65
export const CONFIRMATION_BYTES = 32

/** A chain is a leaf and a few intermediates; more is refused before any certificate is parsed. */
export const MAX_CHAIN_CERTIFICATES = 4
export const MAX_CERTIFICATE_BYTES = 8192
/** Routes are method, space and path; they are authenticated, not sent. */
export const MAX_ROUTE_BYTES = 512
export const MAX_PLAINTEXT_BYTES = 1024 * 1024

/**
 * How long one channel may be used (A-9.2-3: session keys are renegotiated regularly) and how far a timestamp may be
 * from the receiver's clock (D-5.6.2-e.2-s1). The server states them in its hello; a client never exceeds its own.
 */
export interface ChannelLimits {
  /** Life of a channel in ms. */
  readonly channelMs: number
  /** Highest sequence number, hence the most requests, of one channel. */
  readonly channelMessages: number
  /** Largest accepted distance between a timestamp and the receiver's clock, in ms, both ways. */
  readonly windowMs: number
}

export const DEFAULT_LIMITS: ChannelLimits = { channelMs: 600_000, channelMessages: 1000, windowMs: 300_000 }

/** Between ServerHello and ClientFinish, in ms; a half-open channel dies after it. */
export const HANDSHAKE_MS = 30_000

/** Refuses settings that would switch a protection off. */
export function checkLimits(limits: ChannelLimits): ChannelLimits {
  for (const [name, value, maximum] of [
    ['channelMs', limits.channelMs, 86_400_000],
    ['channelMessages', limits.channelMessages, 1_000_000],
    ['windowMs', limits.windowMs, 3_600_000],
  ] as const)
    if (!Number.isInteger(value) || value < 1 || value > maximum)
      throw new RangeError(`${name} must be a whole number from 1 to ${maximum}`)
  return limits
}
