import { equalBytes } from '@anqu/encoding'
import type { GeneralName } from '../name/general-name.ts'

/** Host names, addresses and mail boxes as certificates hold them. All comparisons ignore letter case. */

const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

/** RFC 1123 section 2.1 in lower case; a last label of digits only would be an address, not a name. */
export function isDnsName(name: string): boolean {
  const labels = name.toLowerCase().split('.')
  return (
    name.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
  )
}

/** A DNS name whose first label may be a lone asterisk, followed by at least two labels (RFC 6125 section 6.4.3). */
export function isDnsPattern(pattern: string): boolean {
  if (!pattern.startsWith('*.')) return isDnsName(pattern)
  const rest = pattern.slice(2)
  return isDnsName(rest) && rest.includes('.')
}

function matchesDns(pattern: string, host: string): boolean {
  if (!isDnsPattern(pattern)) return false
  const [wanted, name] = [pattern.toLowerCase(), host.toLowerCase()]
  if (!wanted.startsWith('*.')) return wanted === name
  const dot = name.indexOf('.')
  return dot > 0 && name.slice(dot + 1) === wanted.slice(2)
}

function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = IPV4.exec(text)?.slice(1)
  const valid = parts?.every((part) => String(Number(part)) === part && Number(part) <= 255)
  return parts && valid ? Uint8Array.from(parts, Number) : undefined
}

function ipv6Groups(text: string): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : undefined
}

/** 4 or 16 bytes of an address in text form (RFC 4291 section 2.2 without embedded IPv4), undefined otherwise. */
export function ipBytes(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return ipv4Bytes(text)
  const [headText = '', tailText, more] = text.split('::')
  if (more !== undefined) return undefined
  const head = ipv6Groups(headText)
  const tail = tailText === undefined ? [] : ipv6Groups(tailText)
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (tailText === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/**
 * Whether one of the names is this server (RFC 9525 section 6): DNS names by name or by one wildcard label, addresses byte
 * by byte. The common name of the subject is never looked at.
 */
export function namesServer(names: readonly GeneralName[], server: string): boolean {
  const address = ipBytes(server)
  if (address) return names.some((name) => name.kind === 'ip' && equalBytes(name.value, address))
  return isDnsName(server) && names.some((name) => name.kind === 'dns' && matchesDns(name.value, server))
}
