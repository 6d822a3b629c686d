import { beforeAll, expect, test } from 'vitest'
import { openPage } from './support/browser.ts'
import { inChromium } from './support/in-chromium.ts'
import { StaffAtDesk } from './support/staff-at-desk.ts'

const sizes = [
  { name: 'desk', widthPx: 1280, heightPx: 800 },
  { name: 'phone', widthPx: 390, heightPx: 844 },
]

inChromium('the console in Chromium', (live) => {
  beforeAll(async () => {
    await live.system.fixtures.paid()
  })

  test.each(sizes)(
    'an operator at a $name follows a payment through the audit log and verifies the chain',
    async (size) => {
      const { page, misdeeds } = await openPage(live.browser, {
        url: live.system.addresses['console'] ?? '',
        ...size,
      })
      const { account } = await live.system.fixtures.operator()
      const operator = new StaffAtDesk(live.system, page, { account, name: `console-${size.name}` })
      const look = (name: string) => operator.look(name)
      const open = (name: string) => operator.open(name)
      await look('login')
      await operator.login()
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
      for (const name of ['证书', '审批', '安全单元', '锁定', '符合性']) {
        await open(name)
        await look(name)
      }
      await page.getByText('English').click()
      await page.getByRole('heading', { name: 'Conformance', level: 1 }).waitFor()
      expect(misdeeds).toEqual([])
    },
  )
})
