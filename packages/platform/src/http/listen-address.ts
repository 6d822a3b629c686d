import { readFileSync } from 'node:fs'
import { ConfigError } from '../config.ts'

export interface ListenSettings {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tlsCertFile?: string | undefined
  readonly tlsKeyFile?: string | undefined
}

export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)

function readSetting(file: string, setting: string): Buffer {
  try {
    return readFileSync(file)
  } catch {
    throw new ConfigError([{ setting, problem: 'its file cannot be read' }])
  }
}

/**
 * The certificate and key to serve TLS with, or undefined for plain HTTP on loopback. Plain HTTP on any other address is
 * refused: passwords and money never cross a network in the clear.
 * @throws {ConfigError} naming the settings
 */
export function tlsFor(settings: ListenSettings, prefix: string): TlsFiles | undefined {
  const { host, tlsCertFile, tlsKeyFile } = settings
  const certSetting = `${prefix}TLS_CERT_FILE`
  const keySetting = `${prefix}TLS_KEY_FILE`
  if (tlsCertFile !== undefined && tlsKeyFile !== undefined)
    return { cert: readSetting(tlsCertFile, certSetting), key: readSetting(tlsKeyFile, keySetting) }
  if (tlsCertFile !== undefined)
    throw new ConfigError([{ setting: keySetting, problem: 'is required with a certificate' }])
  if (tlsKeyFile !== undefined)
    throw new ConfigError([{ setting: certSetting, problem: 'is required with a key' }])
  if (isLoopback(host)) return undefined
  throw new ConfigError([
    {
      setting: `${prefix}HOST`,
      problem: `is not a loopback address, so ${certSetting} and ${keySetting} are required`,
    },
  ])
}
