import { codeIn, type LiveSystem, type Staff } from '@anqu/conformance/system'
import type { Page } from 'playwright-core'
import { keepScreenshot } from './browser.ts'

/** A member of staff at the console: logs in by eye and hand, opens pages, looks. */
export class StaffAtDesk {
  readonly page: Page
  readonly #system: LiveSystem
  readonly #account: Staff['account']
  readonly #name: string

  constructor(
    system: LiveSystem,
    page: Page,
    { account, name }: { account: Staff['account']; name: string },
  ) {
    this.#system = system
    this.page = page
    this.#account = account
    this.#name = name
  }

  look(name: string): Promise<void> {
    return keepScreenshot(this.page, `${this.#name}-${name}`)
  }

  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).first().click()
  }

  see(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).first().waitFor()
  }

  async login(): Promise<void> {
    const { page } = this
    await page.getByRole('textbox', { name: '登录名' }).fill(this.#account.loginName)
    await this.press('密码')
    const keyboard = page.locator('[data-keyboard-id]')
    await keyboard.waitFor()
    const layout = await this.#system.shows((await keyboard.getAttribute('data-keyboard-id')) ?? '')
    for (const character of this.#account.password)
      await keyboard.locator(`[data-cell="${layout.indexOf(character)}"]`).click()
    await keyboard.getByRole('button', { name: '完成', exact: true }).click()
    await this.#system.database.letCodesAge()
    const sinceMs = this.#system.clock.nowMs()
    await this.press('下一步')
    const { text } = await this.#system.message(this.#account.phone, sinceMs)
    await page.getByRole('textbox', { name: '短信验证码' }).fill(codeIn(text))
    await this.press('登录')
    await page.getByRole('heading', { name: '运行概览' }).waitFor()
  }

  async open(name: string): Promise<void> {
    await this.page
      .getByRole('navigation', { name: '功能' })
      .getByRole('button', { name, exact: true })
      .click()
    await this.page.getByRole('heading', { name, level: 1 }).waitFor()
  }
}
