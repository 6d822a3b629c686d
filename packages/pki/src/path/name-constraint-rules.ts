import { ParseError } from '@anqu/encoding'
import type { Certificate } from '../certificate/certificate.ts'
import type { NameConstraints } from '../certificate/name-constraints.ts'
import type { GeneralName } from '../name/general-name.ts'
import { nameKey, type Name } from '../name/name.ts'
import { chainFailure, type ChainFailure } from './chain-rules.ts'
import { isDnsName } from './name-match.ts'

/** How many comparisons of a name with a subtree one chain may cause (limits quadratic growth). */
const MAX_COMPARISONS = 20_000

type Verdict = 'inside' | 'outside' | 'other-kind'

function within(base: GeneralName, name: GeneralName): Verdict {
  if (base.kind === 'dns' && name.kind === 'dns') return dnsWithin(base.value, name.value)
  if (base.kind === 'email' && name.kind === 'email') return emailWithin(base.value, name.value)
  if (base.kind === 'ip' && name.kind === 'ip') return ipWithin(base.value, name.value)
  if (base.kind === 'directory' && name.kind === 'directory') return directoryWithin(base.value, name.value)
  if (base.kind === 'uri' && name.kind === 'uri') return uriWithin(base.value, name.value)
  // Without knowing the kind nobody can say that the name lies outside: treated as a match where it is excluded, and
  // as no match where it is permitted.
  if (base.kind === 'other' && name.kind === 'other' && base.tag === name.tag) throw new UnknownKind()
  return 'other-kind'
}

class UnknownKind extends Error {}

const verdict = (inside: boolean): Verdict => (inside ? 'inside' : 'outside')

function dnsWithin(base: string, name: string): Verdict {
  const [tree, host] = [base.toLowerCase(), name.toLowerCase()]
  return verdict(tree === '' || host === tree || host.endsWith(`.${tree}`))
}

function emailWithin(base: string, name: string): Verdict {
  const [tree, box] = [base.toLowerCase(), name.toLowerCase()]
  if (base.includes('@')) {
    // The local part is case-sensitive (RFC 5280 section 7.5).
    const at = (text: string): number => text.lastIndexOf('@')
    return verdict(
      base.slice(0, at(base)) === name.slice(0, at(name)) && tree.slice(at(tree)) === box.slice(at(box)),
    )
  }
  const host = box.slice(box.lastIndexOf('@') + 1)
  return verdict(tree.startsWith('.') ? host.endsWith(tree) : host === tree)
}

/** RFC 5280 section 4.2.1.10: an address without a host name, or with a number in its place, is refused under any tree. */
function uriWithin(base: string, name: string): Verdict {
  const host = URL.canParse(name) ? new URL(name).hostname.toLowerCase() : ''
  if (!isDnsName(host)) throw new UnknownKind()
  const tree = base.toLowerCase()
  return verdict(tree.startsWith('.') ? host.endsWith(tree) : host === tree)
}

function ipWithin(base: Uint8Array, name: Uint8Array): Verdict {
  if (base.length !== name.length * 2) return 'other-kind'
  return verdict(
    name.every((byte, index) => {
      const mask = base[name.length + index] ?? 0
      return (byte & mask) === ((base[index] ?? 0) & mask)
    }),
  )
}

function directoryWithin(base: Name, name: Name): Verdict {
  return verdict(nameKey(base) === nameKey(name.slice(0, base.length)))
}

/** A subtree base that says nothing definite makes the certificate unusable. */
function malformedBase({ permitted, excluded }: NameConstraints): GeneralName | undefined {
  return [...permitted, ...excluded].find(
    (base) =>
      (base.kind === 'dns' && base.value !== '' && !isDnsName(base.value)) ||
      (base.kind === 'ip' && !isMaskedAddress(base.value)) ||
      (base.kind === 'email' && base.value.replace(/^[^@]+@/, '').replace(/^\./, '') === ''),
  )
}

function isMaskedAddress(value: Uint8Array): boolean {
  if (value.length !== 8 && value.length !== 32) return false
  const mask = [...value.subarray(value.length / 2)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(mask)
}

function namesOf(certificate: Certificate): GeneralName[] {
  const subject: GeneralName[] =
    certificate.subject.length === 0 ? [] : [{ kind: 'directory', value: certificate.subject }]
  const mails = certificate.subject.filter(({ type }) => type === 'emailAddress')
  // RFC 5280 section 4.2.1.10: mail boxes of the subject count only when there is no alternative name.
  const legacy: GeneralName[] =
    certificate.subjectAltNames.length > 0 ? [] : mails.map(({ value }) => ({ kind: 'email', value }))
  return [...subject, ...certificate.subjectAltNames, ...legacy]
}

function checkName(
  name: GeneralName,
  constraints: NameConstraints,
): 'excluded' | 'not-permitted' | undefined {
  try {
    if (constraints.excluded.some((base) => excludes(base, name))) return 'excluded'
    const verdicts = constraints.permitted
      .map((base) => within(base, name))
      .filter((found) => found !== 'other-kind')
    return verdicts.length > 0 && !verdicts.includes('inside') ? 'not-permitted' : undefined
  } catch (error) {
    if (error instanceof UnknownKind || error instanceof ParseError) return 'not-permitted'
    throw error
  }
}

/** A wildcard stands for names inside an excluded subtree as well as outside: it is excluded when any of them is. */
function excludes(base: GeneralName, name: GeneralName): boolean {
  if (within(base, name) === 'inside') return true
  if (base.kind !== 'dns' || name.kind !== 'dns' || !name.value.startsWith('*.')) return false
  const parent = name.value.slice(2).toLowerCase()
  const tree = base.value.toLowerCase()
  return tree.endsWith(`.${parent}`) && !tree.slice(0, -parent.length - 1).includes('.')
}

/** Name constraints of every issuer against every certificate below it. `path` runs from the end entity to the anchor. */
export function checkNameConstraints(path: readonly Certificate[]): ChainFailure | undefined {
  let comparisons = 0
  for (let at = path.length - 1; at > 0; at--) {
    const issuer = path[at]
    const constraints = issuer?.extensions.nameConstraints
    if (!issuer || !constraints) continue
    if (malformedBase(constraints)) return chainFailure(issuer, 'name-constraints', 'a malformed subtree')
    for (const [index, certificate] of path.slice(0, at).entries()) {
      // RFC 5280 section 6.1.3 (b): self-issued certificates are exempt unless they are the end entity.
      if (index > 0 && certificate.selfIssued) continue
      const names = namesOf(certificate)
      comparisons += names.length * (constraints.permitted.length + constraints.excluded.length)
      if (comparisons > MAX_COMPARISONS)
        return chainFailure(issuer, 'limits', 'too many names and constraints')
      for (const name of names) {
        const problem = checkName(name, constraints)
        if (problem)
          return chainFailure(
            certificate,
            'name-constraints',
            `a ${name.kind} name is ${problem} by ${issuer}`,
          )
      }
    }
  }
  return undefined
}
