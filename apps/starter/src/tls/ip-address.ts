import { isIP } from 'node:net'

export const isAddress = (host: string): boolean => isIP(host) !== 0

/** The 4 or 16 bytes of an address, as a certificate carries it (RFC 5280 section 4.2.1.6). */
export function addressBytes(host: string): Uint8Array {
  if (isIP(host) === 4) return Uint8Array.from(host.split('.'), Number)
  // The URL class brings every spelling into hexadecimal groups with at most one `::`.
  const canonical = new URL(`http://[${host.split('%')[0] ?? ''}]`).hostname.slice(1, -1)
  const [head = '', rest] = canonical.split('::')
  const groups = (text: string | undefined): number[] =>
    text === undefined || text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [groups(head), groups(rest)]
  const gap = rest === undefined ? 0 : 8 - before.length - after.length
  const all = [...before, ...Array.from({ length: gap }, () => 0), ...after]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}
