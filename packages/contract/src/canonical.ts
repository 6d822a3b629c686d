/**
 * Canonical JSON for what is signed: keys sorted by code unit, no spaces, strings, safe integers, booleans, null, arrays
 * and plain objects only (the subset of RFC 8785 without fractions). One value has exactly one encoding, so a
 * signature covers the meaning and nothing can be hidden in the spelling.
 */
export type Canonical =
  string | number | boolean | null | readonly Canonical[] | { readonly [key: string]: Canonical }

function write(value: Canonical): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('canonical JSON takes safe integers only')
    return String(value)
  }
  if (Array.isArray(value)) return `[${value.map((item: Canonical) => write(item)).join(',')}]`
  const object = value as { readonly [key: string]: Canonical } // an array was handled above
  const keys = Object.keys(object).toSorted()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(object[key] ?? null)}`).join(',')}}`
}

export const canonicalBytes = (value: Canonical): Uint8Array => new TextEncoder().encode(write(value))

/** Parses canonical bytes, and refuses any other spelling of the same value. */
export function parseCanonical(bytes: Uint8Array): Canonical {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const value = JSON.parse(text) as Canonical // JSON.parse yields nothing else
  if (write(value) !== text) throw new SyntaxError('not canonical JSON')
  return value
}

/** What the SE signs at the end of a binding: proof that the certificate and the pair inside it belong together. */
export const bindingProof = (bindingId: string, certificateSerial: string): Uint8Array =>
  canonicalBytes({ purpose: 'anqu.bind-device.v1', bindingId, certificateSerial })

/** What the key in use signs to ask for its successor; the request is in it, so that none other is certified. */
export const renewalOrder = (renewalId: string, certificateSerial: string, csr: string): Uint8Array =>
  canonicalBytes({ purpose: 'anqu.renew-certificate.v1', renewalId, certificateSerial, csr })

/** What the new key signs once its certificate is installed. */
export const renewalProof = (renewalId: string, certificateSerial: string): Uint8Array =>
  canonicalBytes({ purpose: 'anqu.renewal-installed.v1', renewalId, certificateSerial })

/** What the key of a device signs to give itself up. */
export const releaseOrder = (deviceId: string, certificateSerial: string, reason: string): Uint8Array =>
  canonicalBytes({ purpose: 'anqu.release-device.v1', deviceId, certificateSerial, reason })
