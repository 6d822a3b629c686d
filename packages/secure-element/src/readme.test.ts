import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COMMANDS } from './applets/security-service/command-table.ts'

const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0')

test('the README tells of every command its class, instruction, parameters and access', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  for (const [name, rule] of Object.entries(COMMANDS)) {
    const [first] = rule.p1p2
    const row = rows.find(
      ([, , header, parameters]) =>
        header === `${hex(rule.cla)} ${hex(rule.ins)}` && parameters?.startsWith(hex(first >> 8)),
    )
    const access = row?.[6]
    expect(access, name).toBeDefined()
    expect(access?.startsWith('PIN'), `${name} under the PIN`).toBe(rule.access === 'pin')
    expect(access?.startsWith('issuer'), `${name} for the issuer`).toBe(rule.access === 'issuer')
    expect(access?.includes('resets'), `${name} resets`).toBe(rule.after === 'resets')
  }
})
