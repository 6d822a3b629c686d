import type { InputOf, sessionsBeginLogin } from '@anqu/contract'

type Environment = InputOf<typeof sessionsBeginLogin>['environment']

const systems: readonly (readonly [RegExp, string])[] = [
  [/Android ([\d.]+)/, 'Android'],
  [/(?:iPhone )?OS ([\d_]+) like Mac/, 'iOS'],
  [/Windows NT ([\d.]+)/, 'Windows'],
  [/Mac OS X ([\d_.]+)/, 'macOS'],
  [/(Linux)/, 'Linux'],
]

/** Name and version of the system as the browser tells it. */
export function systemOf(userAgent: string): string {
  for (const [pattern, name] of systems) {
    const match = pattern.exec(userAgent)
    if (match) return match[1] === name ? name : `${name} ${(match[1] ?? '').replaceAll('_', '.')}`
  }
  return 'not-available'
}

/** A short name for the list of devices, so that a customer recognises this one. */
export function deviceLabel(userAgent: string): string {
  const browser = /MicroMessenger/.test(userAgent)
    ? '微信 WeChat'
    : /Edg\//.test(userAgent)
      ? 'Edge'
      : /Firefox\//.test(userAgent)
        ? 'Firefox'
        : /Chrome\//.test(userAgent)
          ? 'Chrome'
          : /Safari\//.test(userAgent)
            ? 'Safari'
            : 'H5'
  const system = systemOf(userAgent)
  return system === 'not-available' ? browser : `${browser} · ${system}`
}

/**
 * The surroundings a page can see. What a browser does not tell is reported as such, and the location is never asked for
 * without a permission of its own (A-5.8-7, A-5.8-9). Called only after the privacy notice was accepted.
 */
export function readEnvironment(source: Navigator = navigator): Environment {
  const connection: unknown = Reflect.get(source, 'connection')
  const network: unknown =
    typeof connection === 'object' && connection !== null
      ? Reflect.get(connection, 'effectiveType')
      : undefined
  return {
    platform: 'h5',
    osVersion: systemOf(source.userAgent),
    model: 'not-available',
    language: source.language,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    screen: `${globalThis.screen.width}x${globalThis.screen.height}`,
    network: typeof network === 'string' ? network : 'not-available',
    location: 'not-authorised',
    automation: source.webdriver ? 'yes' : 'no',
  }
}
