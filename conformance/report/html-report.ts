import { createHash } from 'node:crypto'
import type { ClauseReport, ControlReport, SignedReport } from './report.ts'

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '')

const style = `
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6675;--line:#dfe4ea;--ground:#fff;--good:#0a7a4b;--bad:#b3261e;--none:#8a94a3;--tint:#f5f7fa}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf3;--soft:#a3aebd;--line:#2c3642;--ground:#12171e;--good:#4cc38a;--bad:#ff8a80;--none:#7c8796;--tint:#1a212a}}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.6 -apple-system,"PingFang SC","HarmonyOS Sans SC","Noto Sans CJK SC",sans-serif}
main{max-width:1100px;margin:0 auto;padding:32px 20px 80px}h1{font-size:26px;margin:0 0 4px}h2{font-size:19px;margin:40px 0 12px}p{margin:4px 0}
.soft{color:var(--soft)}.mono{font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.figures{display:flex;flex-wrap:wrap;gap:12px;margin:24px 0}.figure{border:1px solid var(--line);border-radius:10px;padding:12px 18px;min-width:130px}.figure b{display:block;font-size:26px;line-height:1.2}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;overflow-wrap:anywhere;vertical-align:top;padding:7px 10px;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:500}
details{border:1px solid var(--line);border-radius:10px;margin:8px 0;padding:0 14px}summary{cursor:pointer;padding:10px 0}details[open]{background:var(--tint)}
.passed,.valid{color:var(--good)}.failed,.tampered,.untrusted,.expired{color:var(--bad)}.skipped,.unchecked{color:var(--none)}
@media print{details{break-inside:avoid}}`

const outcomes = {
  passed: '通过',
  failed: '未通过',
  skipped: '未执行',
  unchecked: '本次未检查',
} as const
const kinds: Readonly<Record<string, string>> = { observation: '观察', proof: '证明', failure: '不符' }
const verdicts = {
  valid: '有效',
  expired: '已过期',
  'not-yet': '未到期',
  untrusted: '签名人不在名单',
  tampered: '被改动',
} as const

const time = (atMs: number): string => new Date(atMs).toISOString().replace('T', ' ').slice(0, 19)
const mark = (outcome: keyof typeof outcomes): string =>
  `<span class="${outcome}">${outcomes[outcome]}</span>`

function evidenceRows(control: ControlReport): string {
  return control.evidence
    .map(
      ({ sequence, atMs, kind, what, data, hash }) =>
        `<tr><td>${sequence}</td><td>${time(atMs)}</td><td class="${kind === 'failure' ? 'failed' : ''}">${kinds[kind] ?? kind}</td><td>${escape(what)}${data === '{}' ? '' : `<div class="mono soft">${escape(data)}</div>`}<div class="mono soft">SM3 ${hash}</div></td></tr>`,
    )
    .join('')
}

function controlSection(control: ControlReport): string {
  const reason = control.reason === null ? '' : `<p class="failed">${escape(control.reason)}</p>`
  const clauses = control.clauses.map((id) => `<a href="#c-${escape(id)}">${escape(id)}</a>`).join('、')
  return `<details id="k-${escape(control.id)}"><summary>${mark(control.outcome)} <b>${escape(control.title.zh)}</b> <span class="soft">${escape(control.title.en)} · ${escape(control.id)}</span></summary>
<p>条款：${clauses}</p>${reason}
<table><thead><tr><th>序号</th><th>时间（UTC）</th><th>类别</th><th>内容</th></tr></thead><tbody>${evidenceRows(control)}</tbody></table></details>`
}

function clauseRow(clause: ClauseReport): string {
  const controls = clause.controls.map((id) => `<a href="#k-${escape(id)}">${escape(id)}</a>`).join('<br>')
  return `<tr id="c-${escape(clause.id)}"><td>${escape(clause.id)}</td><td>${escape(clause.zh)}<div class="soft">${escape(clause.en)}</div></td><td>${controls}</td><td>${mark(clause.outcome)}</td></tr>`
}

function standardSection(report: SignedReport, standard: string): string {
  const found = report.standards.find((entry) => entry.standard === standard)
  if (found === undefined) return ''
  const own = report.clauses.filter((clause) => clause.standard === standard)
  const checked = own.filter(({ outcome }) => outcome !== 'unchecked')
  const rest = own.filter(({ outcome }) => outcome === 'unchecked')
  const head = '<thead><tr><th>条款</th><th>要求</th><th>检查</th><th>结果</th></tr></thead>'
  return `<h2>${standard}　${escape(found.title)}</h2><p class="soft">${escape(found.en)}</p>
<p>运行时条款 ${found.runtime}，已检查 ${found.checked}，通过 ${found.passed}</p>
<table>${head}<tbody>${checked.map(clauseRow).join('')}</tbody></table>
<details><summary>本次未检查的 ${rest.length} 条</summary><table>${head}<tbody>${rest.map(clauseRow).join('')}</tbody></table></details>`
}

function processSection(report: SignedReport): string {
  if (report.process.length === 0)
    return '<h2>管理类条款的签名记录</h2><p class="soft">尚无记录。格式与提交方法见 conformance/README.md。</p>'
  const rows = report.process.map(
    (record) =>
      `<tr><td>${escape(record.clause)}</td><td>${escape(record.title)}</td><td>${escape(record.performedBy)}</td><td>${time(record.performedAtMs)}</td><td>${time(record.validUntilMs)}</td><td class="${record.verdict}">${verdicts[record.verdict]}</td></tr>`,
  )
  return `<h2>管理类条款的签名记录</h2><table><thead><tr><th>条款</th><th>事项</th><th>执行人</th><th>执行时间</th><th>有效至</th><th>判定</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

/** The report as one page: no script, one style allowed by its digest, so the strictest policy lets it through. */
export function htmlReport(report: SignedReport): string {
  const digest = createHash('sha256').update(style).digest('base64')
  const { clauses, controls } = report.totals
  const figure = (value: number, label: string): string => `<div class="figure"><b>${value}</b>${label}</div>`
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'">
<title>安渠符合性报告 ${time(report.startedAtMs)}</title><style>${style}</style></head><body><main>
<h1>安渠符合性报告</h1><p class="soft">Anqu conformance report · 版本 ${escape(report.version)} · 运行方式 ${escape(report.profile)} · 批次 ${escape(report.runId)}</p>
<p>${time(report.startedAtMs)} 至 ${time(report.finishedAtMs)}（UTC），在运行中的系统上逐项检查。</p>
<div class="figures">${figure(clauses.runtime, '运行时条款')}${figure(clauses.checked, '已检查')}${figure(clauses.passed, '通过')}${figure(clauses.failed, '未通过')}${figure(controls.passed + controls.failed + controls.skipped, '检查项')}</div>
<p>每条证据都与前一条以 SM3 相连，共 ${report.chain.records} 条，链尾：</p><p class="mono">${report.chain.head}</p>
<p>报告签名（SM2）公钥与签名值：</p><p class="mono">${escape(report.signature.publicKey)}<br>${escape(report.signature.value)}</p>
<h2>检查与证据</h2>${report.controls.map(controlSection).join('\n')}
${['A', 'B', 'C', 'D'].map((standard) => standardSection(report, standard)).join('\n')}
${processSection(report)}
</main></body></html>
`
}
