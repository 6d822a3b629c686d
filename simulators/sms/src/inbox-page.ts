import type { Message } from './messages.ts'

/** No script at all; style from our own address; the only form asks this page. */
export const pagePolicy =
  "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => entities[char] ?? '')

const time = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hour12: false,
})

const codePattern = /(?<![0-9])[0-9]{6}(?![0-9])/g

function article({ phone, purpose, text, atMs }: Message): string {
  // The code is what the reader is looking for.
  const body = escape(text).replaceAll(codePattern, (code) => `<strong>${code}</strong>`)
  return `<article><header><b>${escape(phone)}</b><span>${escape(purpose)}</span><time>${time.format(atMs)}</time></header><p>${body}</p></article>`
}

/** The inbox as a person sees it: Chinese first, English beside it, asks anew every five seconds. */
export function inboxPage(messages: readonly Message[], phone: string | undefined): string {
  const list =
    messages.length === 0
      ? '<p class="empty">还没有短信。<br><small>No messages yet.</small></p>'
      : messages.map(article).join('\n')
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="5">
<title>短信收件箱 · SMS inbox</title>
<link rel="stylesheet" href="/inbox.css">
</head>
<body>
<main>
<h1>短信收件箱 <small>SMS inbox</small></h1>
<p class="note">演示环境：短信不会发往真实手机。<small>Demonstration: nothing is sent to a real phone.</small></p>
<form method="get" action="/">
<label for="phone">手机号 <small>Phone</small></label>
<input id="phone" name="phone" inputmode="numeric" maxlength="11" pattern="[0-9]{0,11}" value="${escape(phone ?? '')}">
<button type="submit">查看 <small>Show</small></button>
</form>
${list}
</main>
</body>
</html>
`
}

export const inboxStyle = `:root { --ink: #16202c; --soft: #5b6878; --line: #dde3ea; --paper: #f4f6f9; --card: #ffffff; --mark: #0b5fa5; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8edf3; --soft: #9aa7b6; --line: #2b3644; --paper: #10161d; --card: #18212b; --mark: #6fb6f2; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, 'PingFang SC', 'Noto Sans SC', 'Microsoft YaHei', sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; }
small { color: var(--soft); font-weight: normal; font-size: .8em; }
.note { margin: 0 0 1rem; color: var(--soft); font-size: .9rem; }
form { display: flex; gap: .5rem; align-items: center; margin-bottom: 1rem; flex-wrap: wrap; }
input { flex: 1 1 8rem; min-width: 0; min-height: 44px; padding: 0 .75rem; border: 1px solid var(--line); border-radius: 10px; background: var(--card); color: var(--ink); font: inherit; }
button { min-height: 44px; padding: 0 1rem; border: 0; border-radius: 10px; background: var(--mark); color: var(--card); font: inherit; }
button small { color: inherit; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--mark); outline-offset: 2px; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: .75rem 1rem; margin-bottom: .75rem; }
article header { display: flex; gap: .75rem; color: var(--soft); font-size: .85rem; flex-wrap: wrap; }
article header b { color: var(--ink); font-variant-numeric: tabular-nums; }
article time { margin-left: auto; font-variant-numeric: tabular-nums; }
article p { margin: .35rem 0 0; overflow-wrap: anywhere; }
article strong { color: var(--mark); font-size: 1.2em; letter-spacing: .08em; font-variant-numeric: tabular-nums; }
.empty { text-align: center; color: var(--soft); padding: 3rem 0; }
`
