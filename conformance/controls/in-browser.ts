import type { Browser } from 'playwright-core'
import { ControlSkipped } from '../runner/evidence.ts'
import { chromiumPath, launchBrowser, skippedWithoutChromium } from '../system/browser.ts'
import type { RawAnswer } from '../system/interference.ts'
import type { LiveSystem } from '../system/live-system.ts'
import { relayTo } from '../system/relay.ts'

/** A browser that does not say it is driven, and that finds a name which is not this machine's. */
const browserOfACustomer = [
  '--disable-blink-features=AutomationControlled',
  '--host-resolver-rules=MAP app.test 127.0.0.1',
]

export type World = { readonly browser: Browser; readonly appUrl: string; readonly strangerUrl: string }

const emptyPage: RawAnswer = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  cookies: [],
  body: new TextEncoder().encode('<!doctype html><title>stranger</title>'),
}

/** The app at one origin and a stranger's page at another, the nearest there is: same machine, another port. */
export async function inBrowser(system: LiveSystem, check: (world: World) => Promise<void>): Promise<void> {
  if (chromiumPath() === undefined) throw new ControlSkipped(skippedWithoutChromium)
  const address = system.addresses['app'] ?? ''
  const app = await relayTo(address, system.http)
  const stranger = await relayTo(address, async () => emptyPage)
  const browser = await launchBrowser(browserOfACustomer)
  try {
    await check({ browser, appUrl: app.url, strangerUrl: stranger.url })
  } finally {
    await browser.close()
    app.close()
    stranger.close()
  }
}
