import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a Chromium is, or undefined; what needs one is skipped without it, and says so. */
export const chromiumPath = (): string | undefined => places.find((place) => existsSync(place))

export const skippedWithoutChromium =
  'skipped: no Chromium on this machine (Debian: apt-get install chromium)'

export async function launchBrowser(more: readonly string[] = []): Promise<Browser> {
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
      ...more,
    ],
  })
}
