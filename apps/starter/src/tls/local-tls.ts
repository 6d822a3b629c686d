import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import path from 'node:path'
import { makeIdentity, type TlsIdentity } from './x509.ts'

const dayMs = 86_400_000
/** Browsers refuse a server certificate that is valid for longer than 398 days. */
const serverDays = 365
const authorityDays = 3_650
/** A certificate that would end before this is renewed at the next start. */
const renewBeforeDays = 30
const authorityName = 'Anqu local CA'

export interface LocalTls {
  readonly certFile: string
  readonly keyFile: string
  /** What a browser or a client has to trust. */
  readonly authorityFile: string
}

function write(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function load(folder: string, name: string): TlsIdentity | undefined {
  const [certificate, key] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}.key`)]
  if (!existsSync(certificate) || !existsSync(key)) return undefined
  return { certificatePem: readFileSync(certificate, 'utf8'), keyPem: readFileSync(key, 'utf8') }
}

function save(folder: string, name: string, identity: TlsIdentity): TlsIdentity {
  write(path.join(folder, `${name}.key`), identity.keyPem)
  write(path.join(folder, `${name}.pem`), identity.certificatePem)
  return identity
}

/** Names by which a browser may call this machine. A server that listens everywhere answers under all its addresses. */
function hostsOf(host: string): string[] {
  const everywhere = host === '0.0.0.0' || host === '::'
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const addresses = everywhere ? own.map(({ address }) => address.split('%')[0] ?? '') : [host]
  return [...new Set(['localhost', '127.0.0.1', '::1', ...addresses])]
}

const lastsLonger = (pem: string, atMs: number): boolean =>
  Date.parse(new X509Certificate(pem).validTo) > atMs + renewBeforeDays * dayMs

/** Whether the certificate is still good for these hosts, and its authority is the one that we have. */
function serves(server: TlsIdentity, authority: TlsIdentity, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(server.certificatePem)
  const issuer = new X509Certificate(authority.certificatePem)
  const named = hosts.every((host) =>
    host === 'localhost' ? certificate.checkHost(host) : certificate.checkIP(host),
  )
  return named && certificate.verify(issuer.publicKey)
}

/**
 * A certificate authority of this machine and a certificate of the server, P-256, kept in the folder. Both are made at the
 * first start; the server's is renewed 30 days before its end, or when the host changes.
 */
export function localTls(folder: string, host: string, atMs: number): LocalTls {
  const validFor = (days: number) => ({ notBeforeMs: atMs - dayMs, notAfterMs: atMs + days * dayMs })
  let authority = load(folder, 'ca')
  if (authority === undefined || !lastsLonger(authority.certificatePem, atMs))
    authority = save(folder, 'ca', makeIdentity({ commonName: authorityName, ...validFor(authorityDays) }))
  const hosts = hostsOf(host)
  const server = load(folder, 'server')
  if (
    server === undefined ||
    !lastsLonger(server.certificatePem, atMs) ||
    !serves(server, authority, hosts)
  ) {
    const key = createPrivateKey(authority.keyPem)
    const issuer = { commonName: authorityName, key, publicKey: createPublicKey(authority.keyPem) }
    save(folder, 'server', makeIdentity({ commonName: 'Anqu', hosts, issuer, ...validFor(serverDays) }))
  }
  const file = (name: string): string => path.join(folder, name)
  return { certFile: file('server.pem'), keyFile: file('server.key'), authorityFile: file('ca.pem') }
}
