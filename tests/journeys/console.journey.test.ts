import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { codeIn, startLiveSystem, type LiveSystem } from '@anqu/conformance/system'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  chromiumPath,
  keepScreenshot,
  launchBrowser,
  openPage,
  skippedWithoutChromium,
} from './support/browser.ts'

const sizes = [
  { name: 'desk', widthPx: 1280, heightPx: 800 },
  { name: 'phone', widthPx: 390, heightPx: 844 },
]

describe.skipIf(chromiumPath() === undefined)(
  `the console in Chromium (${skippedWithoutChromium} otherwise)`,
  () => {
    let dataDir: string
    let system: LiveSystem
    let stop: () => Promise<void>
    let browser: Browser
    beforeAll(async () => {
      dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-console-'))
      ;({ system, stop } = await startLiveSystem(dataDir))
      browser = await launchBrowser()
      await system.fixtures.paid()
    })
    afterAll(async () => {
      await browser.close()
      await stop()
      await rm(dataDir, { recursive: true })
    })

    async function login(page: Page, loginName: string): Promise<void> {
      const account = await system.fixtures.operator()
      await page.getByRole('textbox', { name: '登录名' }).fill(loginName)
      await page.getByRole('button', { name: '密码', exact: true }).click()
      const keyboard = page.locator('[data-keyboard-id]')
      await keyboard.waitFor()
      const layout = await system.shows((await keyboard.getAttribute('data-keyboard-id')) ?? '')
      for (const character of account.account.password)
        await keyboard.locator(`[data-cell="${layout.indexOf(character)}"]`).click()
      await keyboard.getByRole('button', { name: '完成', exact: true }).click()
      await system.database.letCodesAge()
      const sinceMs = system.clock.nowMs()
      await page.getByRole('button', { name: '下一步' }).click()
      const { text } = await system.message(account.account.phone, sinceMs)
      await page.getByRole('textbox', { name: '短信验证码' }).fill(codeIn(text))
      await page.getByRole('button', { name: '登录', exact: true }).click()
      await page.getByRole('heading', { name: '运行概览' }).waitFor()
    }

    test.each(sizes)(
      'an operator at a $name follows a payment through the audit log and verifies the chain',
      async (size) => {
        const { page, misdeeds } = await openPage(browser, {
          url: system.addresses['console'] ?? '',
          ...size,
        })
        const look = (name: string) => keepScreenshot(page, `console-${size.name}-${name}`)
        const open = async (page_: string) => {
          await page.getByRole('navigation').getByRole('button', { name: page_, exact: true }).click()
          await page.getByRole('heading', { name: page_, level: 1 }).waitFor()
        }
        await look('login')
        await login(page, 'operator')
        await page.getByText('今日保费').waitFor()
        await look('overview')
        await open('业务')
        await page.locator('tbody tr').first().click()
        await page.getByText('状态流转').waitFor()
        expect(await page.getByText('executing → done').count()).toBe(1)
        await look('operation')
        await page.getByRole('button', { name: '查看审计记录' }).click()
        await page.getByText('payment.done').first().waitFor()
        await look('audit')
        await page.getByRole('button', { name: '验证审计链' }).click()
        await page.getByText('审计链完整').waitFor()
        await look('verified')
        for (const name of ['证书', '锁定', '符合性']) {
          await open(name)
          await look(name)
        }
        await page.getByText('English').click()
        await page.getByRole('heading', { name: 'Conformance', level: 1 }).waitFor()
        expect(misdeeds).toEqual([])
      },
    )
  },
)
