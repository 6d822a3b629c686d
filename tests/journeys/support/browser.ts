import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Browser, Page } from 'playwright-core'

/** What a page must never do: break its policy, throw, or write to the console (C-6.1.7.2-p1). */
export type Misdeeds = string[]

export async function openPage(
  browser: Browser,
  given: { url: string; widthPx: number; heightPx: number; scheme?: 'light' | 'dark' },
): Promise<{ page: Page; misdeeds: Misdeeds }> {
  const context = await browser.newContext({
    viewport: { width: given.widthPx, height: given.heightPx },
    deviceScaleFactor: 2,
    locale: 'zh-CN',
    colorScheme: given.scheme ?? 'light',
  })
  const misdeeds: Misdeeds = []
  await context.exposeBinding(
    'anquPolicyBroken',
    (_source, text: string) => void misdeeds.push(`policy: ${text}`),
  )
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report: unknown = Reflect.get(globalThis, 'anquPolicyBroken')
      if (typeof report === 'function')
        report(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
    })
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => misdeeds.push(`error: ${error.message}`))
  page.on('console', (message) => misdeeds.push(`console: ${message.text()}`))
  await page.goto(given.url)
  return { page, misdeeds }
}

/** Keeps a screenshot when ANQU_SCREENSHOTS names a folder; for people who want to look. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['ANQU_SCREENSHOTS'] ?? ''
  if (folder === '') return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: path.join(folder, `${name}.png`) })
}
