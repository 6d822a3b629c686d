import { bytesToHex, ByteWriter, concatBytes, encodeBerTlv } from '@anqu/encoding'
import type { CommandApdu } from '../apdu/command.ts'
import { COMMANDS } from '../applets/security-service/command-table.ts'
import { RESETTING_CODE_TAG } from '../applets/security-service/security-service.ts'
import { encodeAccessRule, RULE_TAG, type AccessRule, type ApduFilter } from '../runtime/access-rule.ts'

/*
 * What the issuer's system sends to personalise a card, bare: an open session of the issuer security domain wraps it
 * (GlobalPlatform Card Specification 2.3.1 §11).
 */

/** Leaves room for padding and MAC in a short APDU. */
const BLOCK = 200
const EMPTY = new Uint8Array(0)
const AID = 0x4f

/**
 * INSTALL [for load] that puts a newer version of a package in the place of the one on the card, with the last LOAD and in
 * one step; instances keep all they stored. `hash`: SM3 of the load file's data.
 */
export function installForReplacement(packageAid: Uint8Array, hash: Uint8Array): CommandApdu {
  const replace = encodeBerTlv(0xef, encodeBerTlv(0xdf40, Uint8Array.of(0x01)))
  return install(0x02, [packageAid, EMPTY, hash, replace, EMPTY])
}

/** INSTALL [for personalization]: the STORE DATA that follows is for this application. */
export function installForPersonalisation(instanceAid: Uint8Array): CommandApdu {
  return install(0x20, [EMPTY, EMPTY, instanceAid, EMPTY, EMPTY, EMPTY])
}

/** STORE DATA, in blocks of BER-TLV: for the application named just before, or else for the issuer security domain. */
export function storeData(objects: Uint8Array): CommandApdu[] {
  const count = Math.max(1, Math.ceil(objects.length / BLOCK))
  return Array.from({ length: count }, (_, at) => {
    const p1 = at === count - 1 ? 0x90 : 0x10
    return manage(0xe2, (p1 << 8) | (at & 0xff), objects.slice(at * BLOCK, (at + 1) * BLOCK))
  })
}

/** Data of the security service: with this code (16 to 32 random bytes) the issuer can reset a PIN. Before the first PIN. */
export function resettingCodeData(code: Uint8Array): Uint8Array {
  return encodeBerTlv(RESETTING_CODE_TAG, code)
}

/** Data of the domain: rules to add, each in the place of one for the same client and application. */
export function accessRulesData(rules: readonly AccessRule[]): Uint8Array {
  return encodeBerTlv(RULE_TAG.store, concatBytes(...rules.map(encodeAccessRule)))
}

/** Data of the domain: the end of all rules, or of those of one application. */
export function deleteAccessRulesData(aid?: Uint8Array): Uint8Array {
  return encodeBerTlv(RULE_TAG.delete, aid === undefined ? EMPTY : encodeBerTlv(AID, aid))
}

/** The filter of an access rule that lets one command through, whatever its parameters. */
export function commandFilter({ cla, ins }: { readonly cla: number; readonly ins: number }): ApduFilter {
  return { header: Uint8Array.of(cla, ins, 0, 0), mask: Uint8Array.of(0xff, 0xff, 0, 0) }
}

/** What client software may send to the security service: every command of it but those that are the issuer's (B-7.4-4). */
export function clientCommandFilters(): ApduFilter[] {
  const filters = Object.values(COMMANDS)
    .filter(({ access }) => access !== 'issuer')
    .map((rule) => commandFilter(rule))
  return [...new Map(filters.map((filter) => [bytesToHex(filter.header), filter])).values()]
}

/** DELETE [key]; a client instance bound to these keys is released in the same step. */
export function deleteKeySet(version: number): CommandApdu {
  return manage(0xe4, 0x0000, encodeBerTlv(0xd2, Uint8Array.of(version)))
}

/** RESET RETRY COUNTER of the security service, selected in a session of the issuer. Its holder must change that PIN then. */
export function resetPin(code: Uint8Array, transportPin: Uint8Array): CommandApdu {
  const { cla, ins } = COMMANDS.resetPin
  const data = new ByteWriter().vector8(code).vector8(transportPin).finish()
  return { cla, ins, p1: 0x00, p2: 0x80, data, ne: 256 }
}

function install(p1: number, fields: readonly Uint8Array[]): CommandApdu {
  const writer = new ByteWriter()
  for (const field of fields) writer.vector8(field)
  return manage(0xe6, p1 << 8, writer.finish())
}

function manage(ins: number, parameters: number, data: Uint8Array): CommandApdu {
  return { cla: 0x80, ins, p1: parameters >> 8, p2: parameters & 0xff, data, ne: 256 }
}
