import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { staffAuditVerify } from '@anqu/contract'
import {
  chromiumPath,
  launchBrowser,
  skippedWithoutChromium,
  startLiveSystem,
  type LiveSystem,
} from '@anqu/conformance/system'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { disagreements } from '../faults/books.ts'
import { openPage } from './support/browser.ts'
import { CustomerAtPhone } from './support/customer-at-phone.ts'
import { insure, login, pay, privacyNotice, register, setTransactionPassword } from './support/steps.ts'

const phone = { widthPx: 390, heightPx: 844 }

describe.skipIf(chromiumPath() === undefined)(
  `in Chromium at phone size (${skippedWithoutChromium} otherwise)`,
  () => {
    let dataDir: string
    let system: LiveSystem
    let stop: () => Promise<void>
    let browser: Browser
    beforeAll(async () => {
      dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-journey-'))
      ;({ system, stop } = await startLiveSystem(dataDir))
      browser = await launchBrowser()
    })
    afterAll(async () => {
      await browser.close()
      await stop()
      await rm(dataDir, { recursive: true })
    })

    test('a new customer reads, registers, binds the device, insures and pays, and the operator finds the story', async () => {
      const { page, misdeeds } = await openPage(browser, { url: system.addresses['app'] ?? '', ...phone })
      const { person } = await system.fixtures.newcomer()
      const customer = new CustomerAtPhone(system, page, person)
      await privacyNotice(customer)
      await register(customer)
      await login(customer)
      await bindOverReload(customer, system)
      await setTransactionPassword(customer)
      await insure(customer)
      await pay(customer)
      expect(misdeeds).toEqual([])
      expect(await disagreements(system)).toEqual([])

      const auditor = await system.fixtures.auditor()
      const [done] = await auditor.records({ event: 'payment.done' })
      const story = await auditor.records({ correlationId: done?.correlationId ?? '' })
      // Each opening of encrypted data is recorded too; here the steps of the payment are looked at.
      const steps = story.map(({ event }) => event).filter((event) => !event.startsWith('encryption.'))
      expect(steps.toReversed()).toEqual([
        'operation.prepared',
        'operation.second-password',
        'operation.authorised',
        'payment.done',
      ])
      expect(await auditor.call(staffAuditVerify, {})).toMatchObject({ intact: true, pending: 0 })
    })

    test('whoever refuses the privacy notice can still look at products, and nothing came ticked', async () => {
      const { page, misdeeds } = await openPage(browser, { url: system.addresses['app'] ?? '', ...phone })
      await page.getByRole('button', { name: '不同意，仅浏览' }).waitFor()
      for (const box of await page.getByRole('checkbox').all()) expect(await box.isChecked()).toBe(false)
      await page.getByRole('button', { name: '不同意，仅浏览' }).click()
      await page.getByText('安行·综合意外险').waitFor()
      expect(misdeeds).toEqual([])
    })
  },
)

async function bindOverReload(customer: CustomerAtPhone, system: LiveSystem): Promise<void> {
  await customer.press('立即绑定')
  await customer.look('bind')
  await customer.press('开始绑定')
  await customer.enterCode()
  await customer.press('下一步')
  await customer.see('设置安全单元 PIN')
  await customer.look('pin')
  await customer.enterPin()
  await customer.see('再次输入 PIN')
  const { page } = customer
  // The page goes away in the middle: the application is on the card, the certificate is not asked for yet.
  const reached = page.waitForRequest('**/api/v1/devices/request-certificate')
  await page.route('**/api/v1/devices/request-certificate', () => undefined, { times: 1 })
  await customer.enterPin()
  await reached
  await customer.see('安装安全服务应用，写入本设备专用密钥与访问规则')
  await customer.look('bind-steps')
  await page.reload()
  await customer.look('bind-reloaded')
  // Codes come once a minute; what is tested here is not that.
  await system.database.letCodesAge()
  await customer.press('登录')
  await login(customer)
  await customer.press('立即绑定')
  await customer.see('上次的绑定尚未完成')
  await customer.look('bind-resume')
  await customer.press('继续绑定')
  await customer.see('输入安全单元 PIN')
  await customer.enterPin()
  await customer.see('设备已绑定')
  await customer.look('bound')
}
