import type { Message } from './sms.ts'

export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
} as const

const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`)

const timeIn = (atMs: number): string =>
  new Date(atMs + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')

const bubble = ({ phone, text, atMs }: Message): string =>
  `<li><header><b>${escape(phone)}</b><time>${timeIn(atMs)}</time></header><p>${escape(text).replace(
    /(?<!\d)\d{6}(?!\d)/g,
    '<strong>$&</strong>',
  )}</p></li>`

/** The inbox as a page: newest first, one phone or all, reloading itself. No script. */
export function inboxPage(messages: readonly Message[], phone: string | undefined): string {
  const list =
    messages.length === 0
      ? '<p class="none">还没有短信 · No messages yet</p>'
      : `<ul>${messages.map((message) => bubble(message)).join('')}</ul>`
  return `<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="3"><title>短信收件箱 · SMS inbox</title><link rel="stylesheet" href="/inbox.css"></head>
<body><main><h1>短信收件箱<small>演示环境的手机短信 · text messages of the demo</small></h1>
<form><input name="phone" inputmode="numeric" maxlength="11" pattern="1[0-9]{10}" value="${escape(phone ?? '')}"
 placeholder="手机号 · phone" aria-label="手机号 · phone"><button>筛选 · Filter</button></form>${list}</main></body></html>`
}

export const inboxStyle = `:root{color-scheme:light dark;font:16px/1.6 -apple-system,"PingFang SC","Noto Sans CJK SC",sans-serif}
body{margin:0;background:#f3f5f8;color:#1c2733}main{max-width:640px;margin:0 auto;padding:24px 16px}
h1{font-size:22px;margin:0 0 16px}small{display:block;font-weight:400;font-size:13px;color:#5b6876}
form{display:flex;gap:8px;margin-bottom:16px}input,button{font:inherit;padding:8px 12px;border:1px solid #c5ced8;border-radius:8px;background:#fff;color:inherit}
input{flex:1;min-width:0}button{background:#12456b;color:#fff;border-color:#12456b}
ul{list-style:none;margin:0;padding:0;display:grid;gap:12px}li{background:#fff;border-radius:12px;padding:12px 16px}
li header{display:flex;justify-content:space-between;font-size:13px;color:#5b6876}p{margin:4px 0 0}strong{color:#12456b;font-size:1.15em;letter-spacing:.06em}
.none{color:#5b6876}
@media (prefers-color-scheme:dark){body{background:#10161d;color:#e6ebf1}li,input{background:#1a232d}input{border-color:#34424f}
small,li header,.none{color:#9fb0c0}strong{color:#8cc4ee}}`
