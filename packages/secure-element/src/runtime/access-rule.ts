import { encodeBerTlv, concatBytes, findBerTlv, type BerTlv } from '@anqu/encoding'
import type { CommandApdu } from '../apdu/command.ts'
import { requireStatus, StatusWord } from '../apdu/status-word.ts'

/** Lets commands through whose header, masked, is `header`: both four bytes, CLA INS P1 P2. */
export interface ApduFilter {
  readonly header: Uint8Array
  readonly mask: Uint8Array
}

/** Which clients reach which application with which commands (GlobalPlatform GPD_SPE_013). */
export interface AccessRule {
  /** Instance the rule is about; empty: every application without a rule of its own for this client. */
  readonly aid: Uint8Array
  /** SM3 of the certificate the client software is signed with. */
  readonly certificateHash: Uint8Array
  readonly commands: 'always' | 'never' | readonly ApduFilter[]
}

/** Tags of GPD_SPE_013 tables 6-3 to 6-8. */
export const RULE_TAG = {
  store: 0xf0,
  delete: 0xf1,
  refresh: 0xf2,
  rule: 0xe2,
  reference: 0xe1,
  access: 0xe3,
  aid: 0x4f,
  certificateHash: 0xc1,
  commands: 0xd0,
} as const
const HEADER_LENGTH = 4
const FILTER_LENGTH = 2 * HEADER_LENGTH
const HASH_LENGTH = 32
const LONGEST_AID = 16
const NEVER = 0x00
const ALWAYS = 0x01

/** E2{E1{4F identifier, C1 hash}, E3{D0 commands}}. */
export function encodeAccessRule({ aid, certificateHash, commands }: AccessRule): Uint8Array {
  const reference = concatBytes(
    encodeBerTlv(RULE_TAG.aid, aid),
    encodeBerTlv(RULE_TAG.certificateHash, certificateHash),
  )
  const access = encodeBerTlv(RULE_TAG.commands, encodeCommands(commands))
  return encodeBerTlv(
    RULE_TAG.rule,
    concatBytes(encodeBerTlv(RULE_TAG.reference, reference), encodeBerTlv(RULE_TAG.access, access)),
  )
}

/** @throws StatusError 6A80 for anything but one whole rule about one certificate. */
export function parseAccessRule(rule: BerTlv | undefined): AccessRule {
  requireStatus(rule?.tag === RULE_TAG.rule, StatusWord.wrongData)
  const parts = rule.children ?? []
  const access = findBerTlv(parts, RULE_TAG.access)?.children ?? []
  const commands = findBerTlv(access, RULE_TAG.commands)?.value
  requireStatus(commands !== undefined, StatusWord.wrongData)
  return { ...parseReference(findBerTlv(parts, RULE_TAG.reference)), commands: parseCommands(commands) }
}

/** E1{4F, C1}. The hash is SM3's: shorter ones of other standards are too weak to name a signer. */
export function parseReference(reference: BerTlv | undefined): Pick<AccessRule, 'aid' | 'certificateHash'> {
  requireStatus(reference?.tag === RULE_TAG.reference, StatusWord.wrongData)
  const parts = reference.children ?? []
  const aid = findBerTlv(parts, RULE_TAG.aid)?.value
  const certificateHash = findBerTlv(parts, RULE_TAG.certificateHash)?.value
  requireStatus(aid !== undefined && aid.length <= LONGEST_AID, StatusWord.wrongData)
  requireStatus(certificateHash?.length === HASH_LENGTH, StatusWord.wrongData)
  return { aid, certificateHash }
}

export function allowsCommand({ commands }: AccessRule, { cla, ins, p1, p2 }: CommandApdu): boolean {
  if (commands === 'always' || commands === 'never') return commands === 'always'
  const header = [cla, ins, p1, p2]
  return commands.some((filter) =>
    header.every((byte, at) => (byte & (filter.mask[at] ?? 0)) === filter.header[at]),
  )
}

function encodeCommands(commands: AccessRule['commands']): Uint8Array {
  if (commands === 'always' || commands === 'never')
    return Uint8Array.of(commands === 'always' ? ALWAYS : NEVER)
  return concatBytes(...commands.flatMap(({ header, mask }) => [header, mask]))
}

function parseCommands(bytes: Uint8Array): AccessRule['commands'] {
  if (bytes.length === 1) {
    requireStatus(bytes[0] === ALWAYS || bytes[0] === NEVER, StatusWord.wrongData)
    return bytes[0] === ALWAYS ? 'always' : 'never'
  }
  requireStatus(bytes.length > 0 && bytes.length % FILTER_LENGTH === 0, StatusWord.wrongData)
  return Array.from({ length: bytes.length / FILTER_LENGTH }, (_, at) => {
    const start = at * FILTER_LENGTH
    return {
      header: bytes.slice(start, start + HEADER_LENGTH),
      mask: bytes.slice(start + HEADER_LENGTH, start + FILTER_LENGTH),
    }
  })
}
