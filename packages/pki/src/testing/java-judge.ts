import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** BouncyCastle 1.72 (Debian: libbcprov-java, libbcpkix-java and a Java development kit) as independent judge. */
const jars = ['bcprov', 'bcpkix', 'bcutil'].map((name) => `/usr/share/java/${name}.jar`)
const home = process.env['JAVA_HOME'] ?? ''
const java = home === '' ? 'java' : join(home, 'bin', 'java')

/** Why there is no judge, empty when there is one. With ANQU_JUDGES=required the tests run, and fail, all the same. */
export function missingJava(): string {
  if (process.env['ANQU_JUDGES'] === 'required') return ''
  // The judge is a source file: a runtime without a compiler cannot run it.
  const modules = spawnSync(java, ['--list-modules'], { encoding: 'utf8' }).stdout
  if (!modules?.includes('jdk.compiler')) return 'no Java development kit is installed'
  return jars.every(existsSync) ? '' : 'BouncyCastle is not installed'
}

/** Runs a judge, one of this package's by name or any by its address, over a folder; its lines `name=verdict`. */
export function runJudge(program: string | URL, folder: string): Map<string, string> {
  const address = typeof program === 'string' ? new URL(`../../interop/${program}`, import.meta.url) : program
  const file = fileURLToPath(address)
  const run = spawnSync(java, ['-cp', jars.join(':'), file, folder], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr || String(run.error))
  return new Map(
    run.stdout
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}
