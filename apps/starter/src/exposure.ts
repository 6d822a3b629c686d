import { isIP } from 'node:net'
import { ConfigError } from '@anqu/platform'

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.')

/**
 * Passwords and money never cross a network in the clear: a host that is not loopback needs TLS, ours or the operator's own.
 * @throws {ConfigError} naming the settings
 */
export function requireSafeExposure(
  { host, tls }: { readonly host: string; readonly tls: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): void {
  if (isIP(host) === 0 && host !== 'localhost')
    throw new ConfigError([{ setting: 'ANQU_HOST', problem: 'must be an IP address or localhost' }])
  const ownFiles = ['ANQU_CHANNEL_TLS_CERT_FILE', 'ANQU_CHANNEL_TLS_KEY_FILE']
  const hasOwn = ownFiles.every((name) => (environment[name] ?? '') !== '')
  if (isLoopback(host) || tls || hasOwn) return
  throw new ConfigError([
    {
      setting: 'ANQU_HOST',
      problem: `${host} is not a loopback address, so TLS is required: --tls, or ${ownFiles.join(' and ')}`,
    },
  ])
}
