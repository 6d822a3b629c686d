import { staffAuditVerify } from '@anqu/contract'
import { type LiveSystem } from '@anqu/conformance/system'
import { expect, test } from 'vitest'
import { disagreements } from '../faults/books.ts'
import { openPage } from './support/browser.ts'
import { inChromium } from './support/in-chromium.ts'
import { CustomerAtPhone } from './support/customer-at-phone.ts'
import { insure, login, pay, privacyNotice, register, setTransactionPassword } from './support/steps.ts'

const phone = { widthPx: 390, heightPx: 844 }

inChromium('in Chromium at phone size', (live) => {
  test('a new customer reads, registers, binds the device, insures and pays, and the operator finds the story', async () => {
    const { page, misdeeds } = await openPage(live.browser, {
      url: live.system.addresses['app'] ?? '',
      ...phone,
    })
    const { person } = await live.system.fixtures.newcomer()
    const customer = new CustomerAtPhone(live.system, page, person)
    await privacyNotice(customer)
    await register(customer)
    await login(customer)
    await bindOverReload(customer, live.system)
    await setTransactionPassword(customer)
    await insure(customer)
    await pay(customer)
    expect(misdeeds).toEqual([])
    expect(await disagreements(live.system)).toEqual([])

    const auditor = await live.system.fixtures.auditor()
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
    const { page, misdeeds } = await openPage(live.browser, {
      url: live.system.addresses['app'] ?? '',
      ...phone,
    })
    await page.getByRole('button', { name: '不同意，仅浏览' }).waitFor()
    for (const box of await page.getByRole('checkbox').all()) expect(await box.isChecked()).toBe(false)
    await page.getByRole('button', { name: '不同意，仅浏览' }).click()
    await page.getByText('安行·综合意外险').waitFor()
    expect(misdeeds).toEqual([])
  })
})

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
