// Writes docs/reference/policy.md and docs/reference/clauses.md from the built package; `--check` only compares.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { allClauses, clausesBy, policyEntries, standards } from '../dist/index.js'

const target = path.join(import.meta.dirname, '../../../docs/reference')
const cell = (text) =>
  String(text)
    .replaceAll('|', String.raw`\|`)
    .replaceAll('\n', ' ')
    .replaceAll('<', '&lt;')

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
]
function duration(ms) {
  const [unit, size] = units.find(([, size]) => ms % size === 0) ?? ['ms', 1]
  return `${ms / size} ${unit}`
}
const yuan = (fen) => `${(fen / 100n).toLocaleString('en')} 元`
function shown(name, value) {
  if (typeof value === 'bigint') return yuan(value)
  if (typeof value === 'number' && name.endsWith('Ms')) return duration(value)
  if (Array.isArray(value))
    return value.map((item) => (Array.isArray(item) ? item.join(' + ') : shown('', item))).join(', ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, inner]) => `${key}: ${shown(key, inner)}`)
      .join('; ')
  return String(value)
}

const link = (id) => `[${id}](clauses.md#${id.toLowerCase().replaceAll('.', '')})`

function policyPage() {
  const lines = [
    '# The resolved policy',
    '',
    '<!-- prettier-ignore-start -->',
    '',
    'Generated from `packages/policy`. Every value with the clauses that ask for it. A deployment may be stricter, never looser.',
  ]
  let group = ''
  for (const { path: entry, value, clauses, zh, en } of policyEntries) {
    const [head, name] = entry.split('.')
    if (head !== group)
      lines.push('', `## ${head}`, '', '| setting | value | why | clauses |', '|---|---|---|---|')
    group = head
    lines.push(
      `| \`${entry}\` | ${cell(shown(name, value))} | ${cell(zh)}<br>${cell(en)} | ${clauses.map(link).join(' ')} |`,
    )
  }
  return `${lines.join('\n')}\n\n<!-- prettier-ignore-end -->\n`
}

function clausesPage() {
  const total = (kind) => allClauses.filter((clause) => clause.kind === kind).length
  const lines = [
    '# The clauses',
    '',
    '<!-- prettier-ignore-start -->',
    '',
    `Generated from \`packages/policy\`. ${allClauses.length} normative clauses in our own words; where a text differs from the standard, the standard decides.`,
    `${total('runtime')} can be proved against a running system, ${total('build')} by a build, ${total('deploy')} by a deployment, ${total('process')} by records of people's work.`,
  ]
  for (const [standard, { title, en }] of Object.entries(standards)) {
    lines.push('', `## ${standard}: ${title}`, '', en)
    let section = ''
    for (const clause of clausesBy({ standard })) {
      if (clause.section !== section) {
        section = clause.section
        lines.push(
          '',
          `### ${cell(section)}`,
          '',
          '| clause | level | who | kind | area | requirement |',
          '|---|---|---|---|---|---|',
        )
      }
      const anchor = clause.id.toLowerCase().replaceAll('.', '')
      const annex = clause.informative === true ? ' (informative)' : ''
      lines.push(
        `| <a id="${anchor}"></a>${clause.id} | ${clause.level}${annex} | ${clause.party} | ${clause.kind} | ${clause.area} | ${cell(clause.zh)}<br>${cell(clause.requirement)} |`,
      )
    }
  }
  return `${lines.join('\n')}\n\n<!-- prettier-ignore-end -->\n`
}

const pages = { 'policy.md': policyPage(), 'clauses.md': clausesPage() }
const check = process.argv.includes('--check')
const read = (file) => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
let stale = 0
mkdirSync(target, { recursive: true })
for (const [name, text] of Object.entries(pages)) {
  const file = path.join(target, name)
  if (read(file) === text) continue
  stale += 1
  if (check) process.stderr.write(`docs/reference/${name} is stale: run npm run docs -w @anqu/policy\n`)
  else {
    writeFileSync(file, text)
    process.stdout.write(`docs/reference/${name} written\n`)
  }
}
process.exit(check && stale > 0 ? 1 : 0)
