import type { Browser, Page } from 'playwright-core'
import { codeIn } from './customer.ts'
import type { LiveSystem } from './live-system.ts'
import type { Person } from './person.ts'

/** What the page tells about the outcome of an operation, word for word. */
export type ToldOutcome = {
  readonly status: string
  readonly amount: string
  readonly notice: string
  /** By the label the page gives it. */
  readonly facts: Readonly<Record<string, string>>
}

const waitMs = 20_000

/** Registered, with a transaction password, and nothing on any device yet. */
export async function readyForApp(system: LiveSystem): Promise<Person> {
  const customer = await system.fixtures.freshLoggedIn()
  await system.undisturbed(() => customer.setTransactionPassword())
  return customer.person
}

/** A customer with the app in the hand: looks at its pages, taps and types, and reads what they tell. */
export class AppInHand {
  readonly page: Page
  readonly #system: LiveSystem
  readonly #person: Person

  private constructor(system: LiveSystem, page: Page, person: Person) {
    this.#system = system
    this.page = page
    this.#person = person
  }

  /** The app just opened, its privacy notice agreed to. */
  static async open(
    system: LiveSystem,
    browser: Browser,
    { url, person }: { url: string; person: Person },
  ): Promise<AppInHand> {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'zh-CN' })
    const page = await context.newPage()
    page.setDefaultTimeout(waitMs)
    await page.goto(url)
    const app = new AppInHand(system, page, person)
    await app.press('同意并继续')
    return app
  }

  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).first().click()
  }

  /** Whether a text comes to be seen. */
  sees(text: string): Promise<boolean> {
    const shown = this.page.getByText(text).first()
    return shown.waitFor().then(
      () => true,
      () => false,
    )
  }

  async login(): Promise<void> {
    await this.press('登录')
    await this.page.getByRole('textbox', { name: '手机号', exact: true }).fill(this.#person.phone)
    await this.#enterSecret('登录密码', this.#person.loginPassword)
    await this.press('登录')
    await this.#enterCode()
    await this.press('确认登录')
  }

  /** Everything a customer does to bind the device; what comes of it the page tells. */
  async bind(): Promise<void> {
    await this.press('立即绑定')
    await this.press('开始绑定')
    await this.#enterCode()
    await this.press('下一步')
    await this.enterPin()
    await this.page.getByText('再次输入 PIN').first().waitFor()
    await this.enterPin()
  }

  /** A customer's app from its first page to an order that is to be paid, the device bound on the way. */
  static async readyToPay(system: LiveSystem, browser: Browser, url: string): Promise<AppInHand> {
    const person = await readyForApp(system)
    const app = await AppInHand.open(system, browser, { url, person })
    await app.login()
    await app.bind()
    await app.press('回到首页')
    await app.insure()
    return app
  }

  /** From the list of products to the order that is to be paid. */
  async insure(): Promise<void> {
    const { page } = this
    await page.getByText('保障', { exact: true }).last().click()
    await page.getByText('安行·综合意外险').first().click()
    await this.press('阅读条款')
    await page.getByRole('checkbox').first().waitFor()
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await this.press('已阅读全文，继续投保')
    await this.press('提交投保申请')
  }

  /** From the order to its signature; what comes of it the page tells. */
  async pay(): Promise<void> {
    const { page } = this
    await page.getByRole('checkbox').check()
    await this.press('继续')
    await this.#enterSecret('交易密码', this.#person.transactionPassword)
    await this.press('继续')
    await this.#enterCode()
    await this.press('继续')
    await this.press('查看确认图片')
    const picture = page.locator('canvas[aria-label="核对图片内容"]')
    const answer = await this.#system.shows((await picture.getAttribute('data-picture-id')) ?? '')
    await page.getByRole('textbox', { name: '图中字母', exact: true }).fill(answer)
    await this.press('核对无误，继续')
    await this.enterPin()
  }

  async enterPin(): Promise<void> {
    for (const digit of this.#person.pin) await this.press(digit)
  }

  /** The page of the outcome, once it says `status`. */
  async told(status: string): Promise<ToldOutcome> {
    const outcome = this.page.locator('[role="status"]').filter({ has: this.page.locator('.aq-receipt') })
    const pill = outcome.locator('.aq-pill')
    await outcome.waitFor()
    await pill
      .filter({ hasText: status })
      .waitFor()
      .catch(() => undefined)
    // The receipt's signature is checked after the page is there.
    if (status === '已完成') await this.sees('服务器签名已验证')
    const read = async (part: string): Promise<string> =>
      (await outcome.locator(part).allInnerTexts()).join(' ').trim()
    const facts = await outcome
      .locator('.aq-fact')
      .evaluateAll((rows) =>
        rows.map((row) => [
          row.querySelector('dt')?.textContent ?? '',
          row.querySelector('dd')?.textContent ?? '',
        ]),
      )
    return {
      status: await pill.innerText(),
      amount: await read('.aq-amount'),
      notice: await read('.aq-notice'),
      facts: Object.fromEntries(facts),
    }
  }

  async #enterSecret(field: string, secret: string): Promise<void> {
    await this.page.getByRole('button', { name: field, exact: true }).click()
    const keyboard = this.page.locator('[data-keyboard-id]')
    const layout = await this.#system.shows((await keyboard.getAttribute('data-keyboard-id')) ?? '')
    for (const character of secret)
      await keyboard.locator(`[data-cell="${layout.indexOf(character)}"]`).click()
    await keyboard.getByRole('button', { name: '完成', exact: true }).click()
  }

  async #enterCode(): Promise<void> {
    await this.#system.database.letCodesAge()
    const sinceMs = this.#system.clock.nowMs()
    await this.press('获取验证码')
    const { text } = await this.#system.message(this.#person.phone, sinceMs)
    await this.page.getByRole('textbox', { name: '短信验证码', exact: true }).fill(codeIn(text))
  }
}
