import { spawnSync } from 'node:child_process'

/** Why OpenSSL cannot judge, empty when it can. With ANQU_JUDGES=required the tests run, and fail, all the same. */
export function missingOpenssl(): string {
  if (process.env['ANQU_JUDGES'] === 'required') return ''
  const say = (...args: string[]): string => spawnSync('openssl', args, { encoding: 'utf8' }).stdout ?? ''
  if (!say('version').startsWith('OpenSSL 3')) return 'OpenSSL 3 is not installed'
  return say('ecparam', '-list_curves').includes('SM2') ? '' : 'OpenSSL lacks SM2'
}

export interface OpensslVerdict {
  readonly ok: boolean
  readonly output: string
}

/** Runs `openssl` with these arguments; groups of arguments are joined. */
export function openssl(...groups: readonly (readonly string[])[]): OpensslVerdict {
  const { status, stdout, stderr } = spawnSync('openssl', groups.flat(), { encoding: 'utf8' })
  return { ok: status === 0, output: `${stdout}${stderr}` }
}
