import { factorsCaptcha } from '@anqu/contract'
import { Customer, type Challenged, type Operation } from './customer.ts'
import type { LiveSystem } from './live-system.ts'
import type { Staff } from './staff.ts'

export type Paid = {
  readonly customer: Customer
  readonly challenged: Challenged
  readonly operation: Operation
}

export type EarlyPicture = {
  readonly customer: Customer
  readonly picture: {
    readonly pictureId: string
    readonly pictureAnswer: string
    readonly issuedAtMs: number
    readonly expiresAtMs: number
  }
}

/**
 * What checks start from. Each is made once a run and shared by checks that leave it as it was; a check that locks, ends or
 * changes something takes a fresh one.
 */
export type Fixtures = {
  newcomer(): Promise<Customer>
  registered(): Promise<Customer>
  /** Logged in on an installation that is not bound. */
  loggedIn(): Promise<Customer>
  /** Bound, with a transaction password, ready to pay. */
  ready(): Promise<Customer>
  freshRegistered(): Promise<Customer>
  freshLoggedIn(): Promise<Customer>
  freshReady(): Promise<Customer>
  paid(): Promise<Paid>
  /** One session each: a second login of the same person would end it. */
  operator(): Promise<Staff>
  auditor(): Promise<Staff>
  administrator(): Promise<Staff>
  /** A picture issued when first asked for; the runner asks at the start so that it is old at the end. */
  earlyPicture(): Promise<EarlyPicture>
}

export function createFixtures(system: LiveSystem): Fixtures {
  const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
    let made: Promise<T> | undefined
    return () => {
      made ??= system.undisturbed(make)
      return made
    }
  }
  const fresh =
    <T>(make: () => Promise<T>) =>
    () =>
      system.undisturbed(make)
  const newcomer = async (): Promise<Customer> => new Customer(system, await system.newInstallation())
  const register = async (): Promise<Customer> => {
    const customer = await newcomer()
    await customer.register()
    return customer
  }
  const login = async (): Promise<Customer> => {
    const customer = await register()
    await customer.login()
    return customer
  }
  const ready = async (): Promise<Customer> => {
    const customer = await login()
    await customer.bind()
    await customer.setTransactionPassword()
    return customer
  }
  const staff = (role: 'operator' | 'auditor' | 'administrator') => async (): Promise<Staff> => {
    const member = await system.newStaff(role)
    await member.login()
    return member
  }
  const sharedReady = once(ready)
  return {
    newcomer: fresh(newcomer),
    registered: once(register),
    loggedIn: once(login),
    ready: sharedReady,
    freshRegistered: fresh(register),
    freshLoggedIn: fresh(login),
    freshReady: fresh(ready),
    paid: once(async () => {
      const customer = await sharedReady()
      return { customer, ...(await customer.pay()) }
    }),
    operator: once(staff('operator')),
    auditor: once(staff('auditor')),
    administrator: once(staff('administrator')),
    earlyPicture: once(async () => {
      const customer = await newcomer()
      const issuedAtMs = system.clock.nowMs()
      const { pictureId, expiresAtMs } = await customer.app.call(factorsCaptcha, {})
      const pictureAnswer = await system.shows(pictureId)
      return { customer, picture: { pictureId, pictureAnswer, issuedAtMs, expiresAtMs } }
    }),
  }
}
