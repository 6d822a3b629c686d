/** Application identifier: a proprietary one (F0…, ISO/IEC 7816-4 §8.2.1.2), "ANQU", application 01, version 01. */
export const SECURITY_SERVICE_AID = Uint8Array.of(0xf0, 0x41, 0x4e, 0x51, 0x55, 0x01, 0x01)

/** What must hold before a command is looked at: nothing, a PIN verified since the last reset, or the issuer's channel. */
export type Access = 'open' | 'pin' | 'issuer'
/** What happens to a verified PIN once the command has run, whether it succeeded or not. */
export type After = 'keeps' | 'resets'

export interface CommandRule {
  readonly cla: number
  readonly ins: number
  /** Allowed P1‖P2 values. */
  readonly p1p2: readonly number[]
  readonly access: Access
  readonly after: After
}

const open = { access: 'open', after: 'keeps' } as const
const underPin = { access: 'pin', after: 'keeps' } as const
/** Uses of a private key: the state machine is reset at once (B-7.2-12). */
const usesKey = { access: 'pin', after: 'resets' } as const
const EITHER_USAGE = [0x0001, 0x0002]

/** Every command of the applet. There is none that reads or writes a private key (B-7.2-4). */
export const COMMANDS = {
  getStatus: { cla: 0x80, ins: 0xca, p1p2: [0x0000], ...open },
  getChallenge: { cla: 0x00, ins: 0x84, p1p2: [0x0000], ...open },
  verifyPin: { cla: 0x00, ins: 0x20, p1p2: [0x0080], ...open },
  changePin: { cla: 0x00, ins: 0x24, p1p2: [0x0080, 0x0180], access: 'open', after: 'resets' },
  /** LV resetting code, LV the PIN its holder must change (ISO/IEC 7816-4 §11.5.9). */
  resetPin: { cla: 0x00, ins: 0x2c, p1p2: [0x0080], access: 'issuer', after: 'resets' },
  createContainer: { cla: 0x80, ins: 0x40, p1p2: [0x0000], ...underPin },
  listContainers: { cla: 0x80, ins: 0x46, p1p2: [0x0000], ...open },
  deleteContainer: { cla: 0x80, ins: 0x48, p1p2: [0x0000], access: 'pin', after: 'resets' },
  generateKeyPair: { cla: 0x00, ins: 0x46, p1p2: [0x0001, 0x0002, 0x0101, 0x0102], ...underPin },
  discardKeyPair: { cla: 0x80, ins: 0x4a, p1p2: EITHER_USAGE, access: 'pin', after: 'resets' },
  /** The pair in use and its certificate: what is left of an expired one (B-5.4.2-10). */
  destroyKeyPair: { cla: 0x80, ins: 0x4a, p1p2: [0x0101, 0x0102], access: 'pin', after: 'resets' },
  exportPublicKey: { cla: 0x80, ins: 0x88, p1p2: [0x0001, 0x0002, 0x0101, 0x0102], ...open },
  createRequest: { cla: 0x80, ins: 0x72, p1p2: EITHER_USAGE, ...usesKey },
  installCertificate: { cla: 0x80, ins: 0x4c, p1p2: [0x0000], ...open },
  readCertificate: { cla: 0x80, ins: 0x4e, p1p2: [0x0001, 0x0002, 0x0100, 0x0200], ...open },
  sign: { cla: 0x00, ins: 0x2a, p1p2: [0x9e9a], ...usesKey },
  /** The hash must come from the preparation of GB/T 32918.2 §6.1 (with Z): for hosts whose interface hashes itself. */
  signHash: { cla: 0x00, ins: 0x2a, p1p2: [0x9e90], ...usesKey },
  verifySignature: { cla: 0x00, ins: 0x2a, p1p2: [0x00a8], ...open },
  encrypt: { cla: 0x00, ins: 0x2a, p1p2: [0x8680], ...open },
  decrypt: { cla: 0x00, ins: 0x2a, p1p2: [0x8086], ...usesKey },
  /** Digital envelope: content under a fresh SM4 key, the key under the receiver's public key. */
  sealEnvelope: { cla: 0x80, ins: 0x7a, p1p2: [0x0000], ...open },
  openEnvelope: { cla: 0x80, ins: 0x7c, p1p2: [0x0000], ...usesKey },
} as const satisfies Record<string, CommandRule>

export type CommandName = keyof typeof COMMANDS
