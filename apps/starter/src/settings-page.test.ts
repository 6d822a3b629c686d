import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { programsOf } from './programs.ts'
import type { Surroundings } from './program.ts'
import { helpText } from './settings.ts'

const page = readFileSync(
  fileURLToPath(new URL('../../../docs/reference/settings.md', import.meta.url)),
  'utf8',
)
const rows = page.split('\n').filter((line) => line.startsWith('|'))
const programs = programsOf('demo')

const surroundings: Surroundings = {
  profile: 'demo',
  host: '127.0.0.1',
  ports: {},
  databases: {},
  redisUrl: undefined,
  tls: undefined,
  folder: (name) => name,
}

test('every flag of the help stands in the page of settings with its variable', () => {
  const flags = [...helpText.matchAll(/--([a-z-]+)/g)].map(([, flag = '']) => flag)
  for (const flag of new Set(flags)) {
    const row = rows.find((line) => line.includes(`\`--${flag}\``))
    expect(row, flag).toBeDefined()
    if (flag !== 'help') expect(row).toContain(`\`ANQU_${flag.replaceAll('-', '_').toUpperCase()}\``)
  }
})

test('every port stands in the page of settings with its default', () => {
  for (const [setting, port] of programs.flatMap((program) => Object.entries(program.ports))) {
    const row = rows.find((line) => line.includes(`\`${setting}\``))
    expect(row, setting).toContain(String(port))
  }
})

test('every setting that the starter gives a program stands in the page of settings', () => {
  for (const program of programs)
    for (const name of Object.keys(program.environment(surroundings))) {
      const prefix = program.settingPrefixes.find((one) => name.startsWith(one)) ?? ''
      expect(page, name).toContain(`\`${name.slice(prefix.length)}\``)
    }
})
