import { sql } from '@anqu/platform'
import { policy } from '@anqu/policy'
import { type LiveSystem } from '@anqu/conformance/system'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openPage } from './support/browser.ts'
import { inChromium } from './support/in-chromium.ts'
import { CustomerAtPhone } from './support/customer-at-phone.ts'
import {
  bindDevice,
  insure,
  login,
  pay,
  privacyNotice,
  register,
  setTransactionPassword,
} from './support/steps.ts'

const phone = { widthPx: 390, heightPx: 844 }
const dayMs = 86_400_000
const daysLeft = 20

inChromium('in Chromium at phone size', (live) => {
  test('near its end the app asks for the renewal, which goes on over a reload; the new certificate pays, and a lost device does not', async () => {
    const url = live.system.addresses['app'] ?? ''
    const { page, misdeeds } = await openPage(live.browser, { url, ...phone })
    const { person } = await live.system.fixtures.newcomer()
    const customer = new CustomerAtPhone(live.system, page, person)
    await ready(customer)
    const former = await certificateInUse(live.system)
    await live.system.database.letCertificateAge(
      former,
      policy.certificate.validMs - daysLeft * dayMs - dayMs / 2,
    )
    await insure(customer)
    await pay(customer)
    await customer.see(`证书将在 ${daysLeft} 天后到期`)
    await customer.look('prompt')
    await customer.press('更新证书')
    await renewOverReload(customer, live.system)
    const renewed = await certificateInUse(live.system)
    expect(renewed).not.toBe(former)
    await insure(customer)
    await pay(customer)
    expect(await page.getByText('天后到期').count()).toBe(0)
    expect(await signedBy(live.system)).toBe(renewed)

    await customer.press('回到首页')
    await certificatePages(customer)
    const elsewhere = await openPage(live.browser, { url, ...phone })
    await reportLost(new CustomerAtPhone(live.system, elsewhere.page, person), live.system)
    expect([...misdeeds, ...elsewhere.misdeeds]).toEqual([])
    await refusedOnLostDevice(page, customer, live.system)
  })
})

async function ready(customer: CustomerAtPhone): Promise<void> {
  await privacyNotice(customer)
  await register(customer)
  await login(customer)
  await bindDevice(customer)
  await setTransactionPassword(customer)
}

async function renewOverReload(customer: CustomerAtPhone, system: LiveSystem): Promise<void> {
  const { page } = customer
  await customer.look('renew')
  await customer.press('开始更新')
  await customer.see('输入安全单元 PIN')
  // The page goes away in the middle: the new key waits in the card, its certificate is not there yet.
  const reached = page.waitForRequest('**/api/v1/certificates/renew')
  await page.route('**/api/v1/certificates/renew', () => undefined, { times: 1 })
  await customer.enterPin()
  await reached
  await customer.look('renew-steps')
  await page.reload()
  await system.database.letCodesAge()
  await customer.press('登录')
  await loginOnBound(customer)
  await customer.see('证书更新尚未完成')
  await customer.look('renew-prompt')
  await customer.press('继续更新')
  await customer.press('开始更新')
  await customer.enterPin()
  await customer.see('证书已更新')
  await customer.look('renewed')
  await customer.press('回到首页')
  await customer.see('本设备已绑定')
}

/** A bound device is a factor itself: no code is asked for. */
async function loginOnBound(customer: CustomerAtPhone): Promise<void> {
  const { person } = customer
  await customer.fill('手机号', person.phone)
  await customer.enterSecret('登录密码', person.loginPassword)
  await customer.press('登录')
}

async function certificatePages(customer: CustomerAtPhone): Promise<void> {
  const { page } = customer
  await customer.press('安全中心')
  await page.getByText('设备证书').click()
  await customer.see('用途')
  await customer.look('certificates')
  await customer.press('挂失或停用')
  await customer.see('发生了什么？')
  expect(await page.getByText('设备丢失或被盗').count()).toBe(0)
  await customer.look('report')
}

async function reportLost(customer: CustomerAtPhone, system: LiveSystem): Promise<void> {
  const { page, person } = customer
  await system.database.letCodesAge()
  await privacyNotice(customer)
  await customer.press('登录')
  await login(customer)
  await customer.press('安全中心')
  await page.getByText('设备证书').click()
  await customer.press('挂失或停用')
  await page.getByText('设备丢失或被盗').click()
  await customer.look('report-confirm')
  await customer.enterSecret('交易密码', person.transactionPassword)
  await customer.press('确认停用')
  await customer.see('证书已停用')
  await customer.look('report-done')
  await customer.press('绑定本设备')
  await customer.see('开始绑定')
}

async function refusedOnLostDevice(page: Page, customer: CustomerAtPhone, system: LiveSystem): Promise<void> {
  await system.database.letCodesAge()
  await page.reload()
  await customer.press('登录')
  await login(customer, '本设备尚未绑定')
  await insure(customer)
  await customer.see('请先绑定')
  await customer.look('lost-refused')
}

async function certificateInUse(system: LiveSystem): Promise<string> {
  const [device] = await system.database.rows<{ serial: string }>(
    'anqu_channel',
    sql`select certificate_serial as serial from device where state = 'active' order by bound_at_ms desc limit 1`,
  )
  return device?.serial ?? ''
}

async function signedBy(system: LiveSystem): Promise<string> {
  const [operation] = await system.database.rows<{ serial: string }>(
    'anqu_channel',
    sql`select certificate_serial as serial from operation where state = 'done' order by created_at_ms desc limit 1`,
  )
  return operation?.serial ?? ''
}
