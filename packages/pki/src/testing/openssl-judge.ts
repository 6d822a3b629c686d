import { spawnSync } from 'node:child_process'

/** Why OpenSSL cannot judge, empty when it can. With ANQU_JUDGES=required the tests run, and fail, all the same. */
export function missingOpenssl(): string {
  if (process.env['ANQU_JUDGES'] === 'required') return ''
  const say = (...args: string[]): string => spawnSync('openssl', args, { encoding: 'utf8' }).stdout ?? ''
  if (!say('version').startsWith('OpenSSL 3')) return 'OpenSSL 3 is not installed'
  return say('ecparam', '-list_curves').includes('SM2') ? '' : 'OpenSSL lacks SM2'
}
