import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a Chromium is, or undefined; without one the journeys are skipped, and say so. */
export const chromiumPath = (): string | undefined => places.find((place) => existsSync(place))

export const skippedWithoutChromium =
  'skipped: no Chromium on this machine (Debian: apt-get install chromium)'

export async function launchBrowser(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error(skippedWithoutChromium)
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

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
