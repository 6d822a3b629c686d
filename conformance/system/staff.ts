import {
  staffBeginLogin,
  staffFinishLogin,
  staffAuditSearch,
  type InputOf,
  type OutputOf,
  type Route,
} from '@anqu/contract'
import { codeIn } from './customer.ts'
import type { Installation } from './installation.ts'
import type { LiveSystem } from './live-system.ts'

export type AuditRecord = OutputOf<typeof staffAuditSearch>['records'][number]
export type StaffAccount = {
  readonly role: string
  readonly loginName: string
  readonly password: string
  readonly phone: string
}

/** A member of staff at the console. */
export class Staff {
  readonly account: StaffAccount
  readonly app: Installation
  readonly #system: LiveSystem

  constructor(system: LiveSystem, app: Installation, account: StaffAccount) {
    this.#system = system
    this.app = app
    this.account = account
  }

  async begin(password = this.account.password): Promise<OutputOf<typeof staffBeginLogin>> {
    const { loginName } = this.account
    return this.app.call(staffBeginLogin, {
      loginName,
      secret: await this.app.enter('staff-login', password),
    })
  }

  async login(): Promise<OutputOf<typeof staffFinishLogin>> {
    await this.#system.database.letCodesAge()
    const sinceMs = this.#system.clock.nowMs()
    const { loginId, otpId } = await this.begin()
    const { text } = await this.#system.message(this.account.phone, sinceMs)
    return this.app.call(staffFinishLogin, { loginId, otpId, otp: codeIn(text) })
  }

  call<R extends Route>(route: R, input: InputOf<R>): Promise<OutputOf<R>> {
    return this.app.call(route, input)
  }

  /** Records of the audit log, newest first. */
  async records(
    filter: Omit<InputOf<typeof staffAuditSearch>, 'limit'>,
    limit = 200,
  ): Promise<AuditRecord[]> {
    return (await this.call(staffAuditSearch, { ...filter, limit })).records
  }
}
