import { bytesToBase64 } from '@anqu/encoding'

/** Values of the right form that mean something wrong. */
export const madeUp = {
  offCurvePoint: bytesToBase64(Uint8Array.of(4, ...new Uint8Array(64).fill(1))),
  environment: {
    platform: 'node',
    osVersion: 'attack',
    model: 'attack',
    language: 'zh',
    timeZone: 'UTC',
    screen: 'not-available',
    network: 'not-available',
    location: 'not-authorised',
    automation: 'yes',
  },
} as const
