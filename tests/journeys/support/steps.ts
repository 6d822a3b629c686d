import { expect } from 'vitest'
import type { CustomerAtPhone } from './customer-at-phone.ts'

export async function privacyNotice(customer: CustomerAtPhone): Promise<void> {
  await customer.see('同意并继续')
  await customer.look('privacy')
  await customer.press('同意并继续')
}

export async function register(customer: CustomerAtPhone): Promise<void> {
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

/** Logs in with both factors; `sees` is what home says then. */
export async function login(customer: CustomerAtPhone, sees = '本设备尚未绑定'): Promise<void> {
  const { person } = customer
  await customer.fill('手机号', person.phone)
  await customer.enterSecret('登录密码', person.loginPassword)
  await customer.press('登录')
  await customer.see('验证新设备')
  await customer.enterCode()
  await customer.press('确认登录')
  await customer.see(sees)
  await customer.look('home')
}

export async function bindDevice(customer: CustomerAtPhone): Promise<void> {
  await customer.press('立即绑定')
  await customer.press('开始绑定')
  await customer.enterCode()
  await customer.press('下一步')
  await customer.see('设置安全单元 PIN')
  await customer.enterPin()
  await customer.see('再次输入 PIN')
  await customer.enterPin()
  await customer.see('设备已绑定')
}

export async function setTransactionPassword(customer: CustomerAtPhone): Promise<void> {
  const { person } = customer
  await customer.press('设置交易密码')
  await customer.enterCode()
  await customer.enterSecret('交易密码', person.transactionPassword)
  await customer.typeOnKeyboard(person.transactionPassword)
  await customer.press('保存')
  await customer.see('交易密码已设置')
  await customer.press('完成')
}

export async function insure(customer: CustomerAtPhone): Promise<void> {
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

export async function pay(customer: CustomerAtPhone): Promise<void> {
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
