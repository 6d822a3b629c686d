import type { Page } from 'playwright-core'
import { codeIn, type LiveSystem } from '@anqu/conformance/system'
import { keepScreenshot } from './browser.ts'

export type Person = {
  readonly name: string
  readonly idNumber: string
  readonly phone: string
  readonly loginPassword: string
  readonly transactionPassword: string
  readonly pin: string
}

/** A person with a phone in the hand: reads pictures and messages, taps and types. */
export class CustomerAtPhone {
  readonly page: Page
  readonly person: Person
  readonly #system: LiveSystem
  #shots = 0

  constructor(system: LiveSystem, page: Page, person: Person) {
    this.#system = system
    this.page = page
    this.person = person
  }

  async look(name: string): Promise<void> {
    this.#shots += 1
    await keepScreenshot(this.page, `${String(this.#shots).padStart(2, '0')}-${name}`)
  }

  press(name: string | RegExp): Promise<void> {
    return this.page
      .getByRole('button', { name, exact: typeof name === 'string' })
      .first()
      .click()
  }

  fill(label: string, value: string): Promise<void> {
    return this.page.getByRole('textbox', { name: label, exact: true }).fill(value)
  }

  see(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).first().waitFor()
  }

  /** Opens the field's secure keyboard and types by looking at the picture. */
  async enterSecret(field: string, secret: string): Promise<void> {
    await this.page.getByRole('button', { name: field, exact: true }).click()
    await this.typeOnKeyboard(secret)
  }

  async typeOnKeyboard(secret: string): Promise<void> {
    const keyboard = this.page.locator('[data-keyboard-id]')
    await keyboard.waitFor()
    const layout = await this.#system.shows((await keyboard.getAttribute('data-keyboard-id')) ?? '')
    for (const character of secret)
      await keyboard.locator(`[data-cell="${layout.indexOf(character)}"]`).click()
    await this.look('keyboard')
    await keyboard.getByRole('button', { name: '完成', exact: true }).click()
  }

  /** What the newest picture with this label shows. */
  async readPicture(label: string): Promise<string> {
    const picture = this.page.locator(`canvas[aria-label="${label}"]`)
    await picture.waitFor()
    return this.#system.shows((await picture.getAttribute('data-picture-id')) ?? '')
  }

  /** Asks for a code, reads it on the phone and types it. */
  async enterCode(field = '短信验证码'): Promise<string> {
    const sinceMs = this.#system.clock.nowMs()
    await this.press('获取验证码')
    const { text } = await this.#system.message(this.person.phone, sinceMs)
    await this.fill(field, codeIn(text))
    return text
  }

  async enterPin(): Promise<void> {
    for (const digit of this.person.pin) await this.press(digit)
  }
}
