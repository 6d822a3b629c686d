import { concatBytes, encodeBerTlv } from '@anqu/encoding'
import { sm3, type Sm2PublicKey } from '@anqu/gm-crypto'
import type { CommandApdu } from '../apdu/command.ts'
import { ISSUER_SECURITY_DOMAIN_AID } from '../applets/issuer-security-domain/issuer-security-domain.ts'
import {
  ECC_PUBLIC,
  PUBLISHER_KEY,
  PUBLISHER_TAG,
  PUBLISHER_VERSION,
} from '../applets/issuer-security-domain/publisher-key.ts'
import { keyType, type KeySet } from '../channel/key-set.ts'
import { keyCheckValue } from '../channel/session-keys.ts'
import { installForReplacement } from './personalisation.ts'

/** Commands of the issuer, before the secure channel wraps them (GlobalPlatform Card Specification 2.3.1 §11). */
const NE = 256
/** Leaves room for padding and MAC in a short APDU. */
const BLOCK = 200
const EMPTY = new Uint8Array(0)

function command(ins: number, parameters: number, data: Uint8Array): CommandApdu {
  return { cla: 0x80, ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne: NE }
}

function lengthAndValue(...values: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...values.flatMap((value) => [Uint8Array.of(value.length), value]))
}

export function selectIssuer(): CommandApdu {
  return { cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x00, data: ISSUER_SECURITY_DOMAIN_AID, ne: NE }
}

/** GET DATA 00E0: versions and types of the keys on the card. */
export function getKeyInformation(): CommandApdu {
  return command(0xca, 0x00e0, EMPTY)
}

/** GET DATA DF21, over an open session: whose signature packages must carry; 6A88 when nobody's. */
export function getPublisherKey(): CommandApdu {
  return command(0xca, PUBLISHER_TAG, EMPTY)
}

export type StatusOf = 'card' | 'applications' | 'load-files'
const STATUS_P1 = { card: 0x80, applications: 0x40, 'load-files': 0x20 } as const

export function getStatus(of: StatusOf): CommandApdu {
  return command(0xf2, (STATUS_P1[of] << 8) | 0x02, Uint8Array.of(0x4f, 0x00))
}

/** Puts a key set onto the card, in the place of version `replaced`, or beside the others when that is 0. */
export async function putKey(
  keySet: KeySet,
  { replaced, session }: { readonly replaced: number; readonly session: KeySet },
): Promise<CommandApdu> {
  const parts: Uint8Array[] = [Uint8Array.of(keySet.version)]
  const { encryption, mac, data } = keySet.keys
  for (const key of [encryption, mac, data]) {
    const wrapped = await session.cipher.encrypt(session.keys.data, new Uint8Array(16), key)
    const field = concatBytes(Uint8Array.of(key.length), wrapped)
    const check = await keyCheckValue(keySet.cipher, key)
    parts.push(Uint8Array.of(keyType(keySet.cipher)), lengthAndValue(field, check))
  }
  return command(0xd8, (replaced << 8) | 0x81, concatBytes(...parts))
}

/** PUT KEY of the publisher whose signature packages must carry from then on, the first or in the place of another. */
export function putPublisherKey(key: Sm2PublicKey, mode: 'new' | 'replace'): CommandApdu {
  const replaced = mode === 'new' ? 0 : PUBLISHER_VERSION
  const data = concatBytes(
    Uint8Array.of(PUBLISHER_VERSION, ECC_PUBLIC),
    lengthAndValue(key.bytes),
    Uint8Array.of(0),
  )
  return command(0xd8, (replaced << 8) | PUBLISHER_KEY, data)
}

/** INSTALL [for load] and the LOAD commands of one signed load file, new or in the place of an older version. */
export function loadPackage(
  file: {
    readonly aid: Uint8Array
    readonly data: Uint8Array
    /** r‖s of the publisher over `data`. */
    readonly signature: Uint8Array
  },
  mode: 'new' | 'replace',
): CommandApdu[] {
  const forLoad =
    mode === 'replace'
      ? installForReplacement(file.aid, sm3(file.data))
      : command(0xe6, 0x0200, lengthAndValue(file.aid, EMPTY, sm3(file.data), EMPTY, EMPTY))
  const signed = concatBytes(
    encodeBerTlv(0xe2, encodeBerTlv(0xc3, file.signature)),
    encodeBerTlv(0xc4, file.data),
  )
  const count = Math.ceil(signed.length / BLOCK)
  const blocks = Array.from({ length: count }, (_, at) => {
    const last = at === count - 1 ? 0x8000 : 0
    return command(0xe8, last | at, signed.slice(at * BLOCK, (at + 1) * BLOCK))
  })
  return [forLoad, ...blocks]
}

/** INSTALL [for install and make selectable]. */
export function installApplication(aids: {
  readonly loadFile: Uint8Array
  readonly module: Uint8Array
  readonly instance: Uint8Array
}): CommandApdu {
  const { loadFile, module, instance } = aids
  return command(0xe6, 0x0c00, lengthAndValue(loadFile, module, instance, Uint8Array.of(0x00), EMPTY, EMPTY))
}

/** DELETE of an instance, or of a load file, alone or with its instances. */
export function deleteObject(aid: Uint8Array, scope: 'alone' | 'with-instances' = 'alone'): CommandApdu {
  return command(0xe4, scope === 'alone' ? 0x0000 : 0x0080, encodeBerTlv(0x4f, aid))
}

/** SET STATUS of an application: locked ones cannot be selected. */
export function setApplicationLock(aid: Uint8Array, state: 'locked' | 'open'): CommandApdu {
  return command(0xf0, state === 'locked' ? 0x4080 : 0x4000, aid)
}

/** SET STATUS of the card. */
export function setCardState(state: number): CommandApdu {
  return command(0xf0, 0x8000 | state, EMPTY)
}
