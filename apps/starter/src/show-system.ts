import type { System } from './system.ts'

/** Names of addresses in the order in which a person wants them; others follow. */
const labels: Readonly<Record<string, string>> = {
  app: 'App            移动应用',
  console: 'Console        管理后台',
  apiDocs: 'API docs       接口文档',
  smsInbox: 'SMS inbox      短信收件箱',
  ca: 'CA             认证服务',
  tsm: 'TSM            可信服务管理',
  bankCore: 'Bank core      银行核心(模拟)',
  witness: 'Witness        见证(模拟)',
}

const widthOf = (text: string): number =>
  [...text].reduce((width, character) => width + ((character.codePointAt(0) ?? 0) > 0x2e7f ? 2 : 1), 0)

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(1, width - widthOf(text)))

function addressLines(addresses: System['addresses']): string[] {
  const known = Object.keys(labels).filter((name) => name in addresses)
  const others = Object.keys(addresses).filter((name) => !(name in labels))
  return [...known, ...others].map((name) => `  ${pad(labels[name] ?? name, 34)}${addresses[name]}`)
}

const accountLine = (account: Readonly<Record<string, string>>): string =>
  `  ${Object.entries(account)
    .map(([name, value]) => `${name} ${value}`)
    .join(' · ')}`

/** What a person sees once everything serves. */
export function showSystem(system: System, dataDir: string, seconds: string): string {
  const accounts = system.demoAccounts.map(accountLine)
  const trust = system.tlsAuthorityFile
  return [
    '',
    `Anqu 安渠 is ready (${seconds} s) · 已就绪`,
    '',
    ...addressLines(system.addresses),
    ...(accounts.length > 0 ? ['', 'Demo accounts · 演示账户', ...accounts] : []),
    ...(trust === undefined ? [] : ['', `Trust this CA in your browser · 请在浏览器中信任此 CA: ${trust}`]),
    '',
    `Data and logs · 数据与日志: ${dataDir}`,
    'Ctrl-C stops · 按 Ctrl-C 停止',
    '',
  ].join('\n')
}
