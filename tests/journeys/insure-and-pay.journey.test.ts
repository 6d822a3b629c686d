import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { staffAuditVerify } from '@anqu/contract'
import { startLiveSystem, type LiveSystem } from '@anqu/conformance/system'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { disagreements } from '../faults/books.ts'
import { chromiumPath, launchBrowser, openPage, skippedWithoutChromium } from './support/browser.ts'
import { CustomerAtPhone } from './support/customer-at-phone.ts'

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
      await bindDevice(customer, system)
      await setTransactionPassword(customer)
      await insure(customer)
      await pay(customer)
      expect(misdeeds).toEqual([])
      expect(await disagreements(system)).toEqual([])

      const auditor = await system.fixtures.auditor()
      const [done] = await auditor.records({ event: 'payment.done' })
      const story = await auditor.records({ correlationId: done?.correlationId ?? '' })
      expect(story.map(({ event }) => event).toReversed()).toEqual([
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

async function privacyNotice(customer: CustomerAtPhone): Promise<void> {
  await customer.see('同意并继续')
  await customer.look('privacy')
  await customer.press('同意并继续')
}

async function register(customer: CustomerAtPhone): Promise<void> {
  const { person, page } = customer
  await customer.press('注册新账户')
  await customer.fill('姓名', person.name)
  await customer.fill('身份证号', person.idNumber)
  await customer.look('register')
  await customer.press('下一步')
  await customer.fill('手机号', person.phone)
  await customer.fill('图形验证码', await customer.readPicture('图形验证码'))
  await customer.look('register-phone')
  const text = await customer.enterCode()
  expect(text).toContain('注册')
  await customer.press('下一步')
  await customer.enterSecret('登录密码', person.loginPassword)
  // The first entry done, the keyboard of the second one opens by itself, with another layout.
  await customer.typeOnKeyboard(person.loginPassword)
  await customer.press('完成注册')
  await customer.see('注册成功')
  await customer.look('registered')
  expect(await page.content()).not.toContain(person.loginPassword)
  await customer.press('去登录')
}

async function login(customer: CustomerAtPhone): Promise<void> {
  const { person } = customer
  await customer.fill('手机号', person.phone)
  await customer.enterSecret('登录密码', person.loginPassword)
  await customer.press('登录')
  await customer.see('验证新设备')
  await customer.enterCode()
  await customer.press('确认登录')
  await customer.see('本设备尚未绑定')
  await customer.look('home')
}

async function bindDevice(customer: CustomerAtPhone, system: LiveSystem): Promise<void> {
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

async function setTransactionPassword(customer: CustomerAtPhone): Promise<void> {
  const { person } = customer
  await customer.press('设置交易密码')
  await customer.enterCode()
  await customer.enterSecret('交易密码', person.transactionPassword)
  await customer.typeOnKeyboard(person.transactionPassword)
  await customer.press('保存')
  await customer.see('交易密码已设置')
  await customer.press('完成')
}

async function insure(customer: CustomerAtPhone): Promise<void> {
  const { page } = customer
  await customer.look('home-bound')
  await page.getByText('保障', { exact: true }).last().click()
  await customer.see('安行·综合意外险')
  await customer.look('products')
  await page.getByText('安行·综合意外险').first().click()
  await customer.look('product')
  await customer.press('阅读条款')
  await page.getByRole('checkbox').first().waitFor()
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  await customer.look('terms')
  await customer.press('已阅读全文，继续投保')
  await customer.look('propose')
  await customer.press('提交投保申请')
}

async function pay(customer: CustomerAtPhone): Promise<void> {
  const { person, page } = customer
  await customer.see('风险提示')
  await page.getByRole('checkbox').check()
  await customer.look('pay-check')
  await customer.press('继续')
  await customer.enterSecret('交易密码', person.transactionPassword)
  await customer.press('继续')
  const text = await customer.enterCode()
  expect(text).toContain('168.00元')
  await customer.press('继续')
  await customer.press('查看确认图片')
  const answer = await customer.readPicture('核对图片内容')
  await customer.look('confirmation-picture')
  await customer.fill('图中字母', answer)
  await customer.press('核对无误，继续')
  await customer.see('输入安全单元 PIN 签名')
  await customer.look('sign')
  await customer.enterPin()
  await customer.see('服务器签名已验证')
  await customer.look('receipt')
}
