import type { Page } from 'playwright-core'
import { control, type Control } from '../runner/control.ts'
import type { Evidence } from '../runner/evidence.ts'
import { inBrowser, type World } from './in-browser.ts'
import { alterStored } from './app-package-in-page.ts'
import { keepPrivately, readAsStranger, readOwn } from './private-storage.ts'

/** The security check as a customer sees it; with `plant`, what is done to the page before any of its own code runs. */
async function lookAround(
  { browser }: World,
  { url, plant, afterwards }: { url: string; plant?: () => void; afterwards?: (page: Page) => Promise<void> },
): Promise<string[]> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'zh-CN' })
  try {
    // Whoever refuses the privacy notice may look around too.
    await context.addInitScript(() =>
      localStorage.setItem(
        'anqu.consent',
        JSON.stringify({ version: '1', decision: 'refused', consentId: '0' }),
      ),
    )
    if (plant) await context.addInitScript(plant)
    const page = await context.newPage()
    await page.goto(`${url}/#/security-check`)
    const shown = page.locator('[data-check]')
    const found = page.locator('[data-check][data-found="true"]')
    await shown.first().waitFor({ timeout: 15_000 })
    if (afterwards) {
      await afterwards(page)
      await page.getByRole('button', { name: '重新检查' }).click()
      // The files of the app are looked at a moment longer than the page.
      await found.first().waitFor()
    }
    return await found.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-check') ?? ''))
  } finally {
    await context.close()
  }
}

async function finds(
  evidence: Evidence,
  world: World,
  planted: Parameters<typeof lookAround>[1] & { what: string; check: string },
): Promise<void> {
  const found = await lookAround(world, planted)
  evidence.holds(`植入的迹象被发现：${planted.what}`, found.includes(planted.check), { found })
}

export const clientEnvironmentControls: readonly Control[] = [
  control({
    id: 'client-environment.private-storage',
    title: {
      zh: '应用的私有存储只有应用自己的来源可以读取',
      en: 'Only the origin of the app reads its private storage',
    },
    clauses: ['B-7.4-2'],
    check: (system, evidence) =>
      inBrowser(system, async ({ browser, appUrl, strangerUrl }) => {
        const context = await browser.newContext()
        const own = await context.newPage()
        await own.goto(appUrl)
        await own.evaluate(keepPrivately)
        // Opener and embedder policy of page and scripts together, as the browser sees them.
        const isIsolated = await own.evaluate(() => globalThis.crossOriginIsolated)
        evidence.holds('应用运行在与其他来源隔离的进程空间', isIsolated)
        const again = await context.newPage()
        await again.goto(appUrl)
        const kept = await again.evaluate(readOwn)
        evidence.holds('应用自己可以读取存入的数据', kept.length === 4, { kept })
        const stranger = await context.newPage()
        await stranger.goto(strangerUrl)
        const seen = await stranger.evaluate(readOwn)
        evidence.holds('其他来源的页面读不到任何一项', seen.length === 0, { seen })
        const reached = await stranger.evaluate(readAsStranger, appUrl)
        evidence.holds('其他来源的页面不能经接口、页面或嵌入取得数据', reached.length === 0, { reached })
        const framed = stranger.frames().filter((frame) => frame.url().startsWith(appUrl))
        evidence.holds('其他来源的页面不能嵌入应用', framed.length === 0)
        const { headers } = await system.http({
          url: `${system.addresses['app']}/`,
          method: 'GET',
          headers: { origin: strangerUrl },
        })
        evidence.holds(
          '应用声明只供本来源使用',
          headers['access-control-allow-origin'] === undefined &&
            headers['cross-origin-resource-policy'] === 'same-origin' &&
            headers['cross-origin-opener-policy'] === 'same-origin' &&
            headers['cross-origin-embedder-policy'] === 'require-corp' &&
            /frame-ancestors 'none'/.test(headers['content-security-policy'] ?? ''),
        )
      }),
  }),
  control({
    id: 'client-environment.security-check',
    title: {
      zh: '安全检查页面发现植入的风险迹象',
      en: 'The security check finds the signs of an attack that were planted',
    },
    clauses: ['B-7.4-5'],
    check: (system, evidence) =>
      inBrowser(system, async (world) => {
        const url = world.appUrl
        const clean = await lookAround(world, { url })
        evidence.holds('没有植入任何迹象时不误报', clean.length === 0, { found: clean })
        await finds(evidence, world, {
          what: '自动操作',
          check: 'automation',
          url,
          plant: () => Object.defineProperty(navigator, 'webdriver', { get: () => true }),
        })
        await finds(evidence, world, {
          what: '被改动的浏览器函数',
          check: 'altered',
          url,
          plant: () => {
            crypto.getRandomValues = new Proxy(crypto.getRandomValues, {})
          },
        })
        await finds(evidence, world, {
          what: '覆盖在页面上的外来内容',
          check: 'overlay',
          url,
          afterwards: (page) =>
            page.evaluate(() => void document.body.append(document.createElement('aside'))),
        })
        await finds(evidence, world, {
          what: '打开的调试工具',
          check: 'debugger',
          url,
          plant: () => Object.defineProperty(globalThis, 'outerWidth', { get: () => innerWidth + 500 }),
        })
        await finds(evidence, world, {
          what: '过旧的浏览器',
          check: 'outdated',
          url,
          plant: () => void Reflect.deleteProperty(globalThis, 'structuredClone'),
        })
        await finds(evidence, world, {
          what: '启动后被改动的应用文件',
          check: 'package',
          url,
          afterwards: (page) => page.evaluate(alterStored, 'index.html').then(() => undefined),
        })
        const unencrypted = await world.browser.newPage()
        await unencrypted.goto(url.replace('127.0.0.1', 'app.test'))
        const code = unencrypted.locator('#code:not([hidden])')
        await code.waitFor()
        evidence.holds('经未加密的连接，应用不启动并说明', (await code.innerText()) === 'app.unsupported')
      }),
  }),
]
