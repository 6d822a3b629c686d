import {
  bindDevice,
  confirmOperation,
  provisionCard,
  renewCertificate,
  stopDevice,
  type BindingStep,
  type BoundDevice,
  type ExpiryNotice,
  type RenewalStep,
} from '@anqu/client'
import {
  consentDecide,
  consentNotice,
  devicesBeginBinding,
  devicesRelease,
  factorsCaptcha,
  factorsRequestOtp,
  identityRegister,
  identitySetTransactionPassword,
  insuranceProducts,
  insurancePropose,
  insuranceTerms,
  operationsGet,
  operationsPicture,
  operationsPrepare,
  operationsSecondPassword,
  sessionsBeginLogin,
  sessionsFinishLogin,
  type InputOf,
  type OutputOf,
} from '@anqu/contract'
import type { Installation } from './installation.ts'
import type { LiveSystem } from './live-system.ts'
import { makePerson, type Person } from './person.ts'

export type OtpRequest = InputOf<typeof factorsRequestOtp>
export type Code = { readonly otpId: string; readonly otp: string; readonly text: string }
export type Prepared = OutputOf<typeof operationsPrepare>
export type Operation = OutputOf<typeof operationsGet>['operation']
export type Environment = InputOf<typeof sessionsBeginLogin>['environment']

export const environment: Environment = {
  platform: 'node',
  osVersion: 'conformance',
  model: 'conformance',
  language: 'zh',
  timeZone: 'Asia/Shanghai',
  screen: 'not-available',
  network: 'loopback',
  location: 'not-authorised',
  automation: 'yes',
}

export const clientVersion = '0.1.0'
export const newKey = (): string => `conformance-${crypto.randomUUID()}`

/** A customer with one installation, acting through the same SDK an app uses. */
export class Customer {
  readonly person: Person
  readonly app: Installation
  readonly #system: LiveSystem
  device: BoundDevice | undefined
  readonly bindingSteps: BindingStep[] = []
  /** What the server said about the end of the certificate, payment by payment. */
  readonly expiryNotices: ExpiryNotice[] = []

  constructor(system: LiveSystem, app: Installation, person: Person = makePerson()) {
    this.#system = system
    this.app = app
    this.person = person
  }

  /** The same customer on another installation. */
  async elsewhere(): Promise<Customer> {
    return new Customer(this.#system, await this.#system.newInstallation(), this.person)
  }

  async consent(): Promise<string> {
    const notice = await this.app.call(consentNotice, { language: 'zh' })
    const purposes = notice.purposes.filter(({ required }) => required).map(({ key }) => key)
    const decided = await this.app.call(consentDecide, {
      version: notice.version,
      decision: 'accepted',
      purposes,
    })
    return decided.consentId
  }

  async solveCaptcha(): Promise<{ pictureId: string; pictureAnswer: string }> {
    const { pictureId } = await this.app.call(factorsCaptcha, {})
    return { pictureId, pictureAnswer: await this.#system.shows(pictureId) }
  }

  /** Asks for a code and reads it from the phone. */
  async code(request: OtpRequest): Promise<Code> {
    const sinceMs = this.#system.clock.nowMs()
    const { otpId } = await this.app.call(factorsRequestOtp, request)
    const { text } = await this.#system.message(this.person.phone, sinceMs)
    return { otpId, otp: codeIn(text), text }
  }

  async codeFor(purpose: 'bind-device' | 'set-transaction-password'): Promise<Code> {
    await this.#system.database.letCodesAge()
    return this.code({ purpose })
  }

  async registrationCode(): Promise<Code> {
    await this.#system.database.letCodesAge()
    return this.code({ purpose: 'register', phone: this.person.phone, ...(await this.solveCaptcha()) })
  }

  async registration(
    given: { code: Pick<Code, 'otpId' | 'otp'>; consentId: string },
    password = this.person.loginPassword,
    repeat = password,
  ): Promise<InputOf<typeof identityRegister>> {
    const { name, idNumber, phone } = this.person
    return {
      consentId: given.consentId,
      name,
      idNumber,
      phone,
      otpId: given.code.otpId,
      otp: given.code.otp,
      password: await this.app.enter('register', password),
      repeat: await this.app.enter('register', repeat),
    }
  }

  async register(): Promise<void> {
    const consentId = await this.consent()
    const code = await this.registrationCode()
    await this.app.call(identityRegister, await this.registration({ code, consentId }))
  }

  async beginLogin(
    password = this.person.loginPassword,
    surroundings = environment,
    appPackage?: string,
  ): Promise<OutputOf<typeof sessionsBeginLogin>> {
    const secret = await this.app.enter('login', password)
    return this.app.call(sessionsBeginLogin, {
      phone: this.person.phone,
      secret,
      environment: surroundings,
      ...(appPackage === undefined ? {} : { appPackage }),
    })
  }

  async login(): Promise<Extract<OutputOf<typeof sessionsBeginLogin>, { state: 'in' }>['session']> {
    const begun = await this.beginLogin()
    if (begun.state === 'in') return begun.session
    await this.#system.database.letCodesAge()
    const { otpId, otp } = await this.code({ purpose: 'login', loginId: begun.loginId })
    const finished = await this.app.call(sessionsFinishLogin, { loginId: begun.loginId, otpId, otp })
    if (finished.state !== 'in') throw new Error('still not logged in after the second factor')
    return finished.session
  }

  async bind(): Promise<BoundDevice> {
    const { otpId, otp } = await this.codeFor('bind-device')
    this.device = await bindDevice(
      { ...this.app.client, call: this.app.call.bind(this.app) },
      this.app.card,
      {
        start: { environment, label: 'conformance', otpId, otp },
        pin: this.person.pin,
        anchors: this.#system.anchors,
        nowMs: this.#system.clock.nowMs(),
        onStep: (step) => this.bindingSteps.push(step),
      },
    )
    return this.device
  }

  /** Gives up a device that is not at hand, by the transaction password. */
  async releaseDevice(deviceId: string, reason: InputOf<typeof devicesRelease>['reason'] = 'lost') {
    const secret = await this.app.enter('operation', this.person.transactionPassword)
    return this.app.call(devicesRelease, { deviceId, reason, factor: { kind: 'password', secret } })
  }

  /** Gives this device up: its certificate at both systems, and its key in the card. */
  stopDevice(pin = this.person.pin): Promise<void> {
    const { deviceId, certificateSerial } = this.bound()
    return stopDevice({ ...this.app.client, call: this.app.call.bind(this.app) }, this.app.element, {
      deviceId,
      certificateSerial,
      reason: 'unused',
      pin,
    })
  }

  /** A new key and certificate in the place of the one in use; goes on with a renewal that was cut off. */
  async renewCertificate(
    onStep: (step: RenewalStep) => void = () => undefined,
    former = this.bound().certificateSerial,
  ): Promise<void> {
    const { certificateSerial } = await renewCertificate(
      { ...this.app.client, call: this.app.call.bind(this.app) },
      this.app.element,
      {
        certificateSerial: former,
        pin: this.person.pin,
        anchors: this.#system.anchors,
        nowMs: this.#system.clock.nowMs(),
        onStep,
      },
    )
    this.device = { ...this.bound(), certificateSerial }
  }

  /** The application installed and personalised for an open binding. */
  async provision(bindingId: string): Promise<void> {
    await provisionCard({ ...this.app.client, call: this.app.call.bind(this.app) }, this.app.card, bindingId)
  }

  /** Begins a binding only; for checks of its refusals. */
  async beginBinding(): Promise<OutputOf<typeof devicesBeginBinding>> {
    const { otpId, otp } = await this.codeFor('bind-device')
    return this.app.call(devicesBeginBinding, { environment, label: 'conformance', otpId, otp })
  }

  async setTransactionPassword(password = this.person.transactionPassword): Promise<void> {
    const { otpId, otp } = await this.codeFor('set-transaction-password')
    await this.app.call(identitySetTransactionPassword, {
      otpId,
      otp,
      password: await this.app.enter('set-transaction-password', password),
      repeat: await this.app.enter('set-transaction-password', password),
    })
  }

  async propose(units = 1): Promise<OutputOf<typeof insurancePropose>> {
    const { products } = await this.app.call(insuranceProducts, { language: 'zh' })
    const [product] = products
    if (product === undefined) throw new Error('there is no product')
    const terms = await this.app.call(insuranceTerms, { productId: product.productId, language: 'zh' })
    const start = new Date(this.#system.clock.nowMs() + 3 * 86_400_000).toISOString().slice(0, 10)
    return this.app.call(insurancePropose, {
      idempotencyKey: newKey(),
      productId: product.productId,
      termsVersion: terms.termsVersion,
      termsDigest: terms.termsDigest,
      confirmedImportant: terms.important.map(({ key }) => key),
      units,
      startDate: start,
      beneficiary: { kind: 'statutory' },
    })
  }

  prepare(proposalId: string, idempotencyKey = newKey(), version = clientVersion): Promise<Prepared> {
    return this.app.call(operationsPrepare, {
      idempotencyKey,
      type: 'pay-premium',
      input: { proposalId },
      clientVersion: version,
    })
  }

  async giveSecondPassword(operationId: string, password = this.person.transactionPassword): Promise<void> {
    await this.app.call(operationsSecondPassword, {
      operationId,
      riskAcknowledged: true,
      secret: await this.app.enter('operation', password),
    })
  }

  async operationCode(operationId: string): Promise<Code> {
    await this.#system.database.letCodesAge()
    return this.code({ purpose: 'operation', operationId })
  }

  async confirmationPicture(operationId: string): Promise<{ pictureId: string; pictureAnswer: string }> {
    const { pictureId } = await this.app.call(operationsPicture, { operationId })
    return { pictureId, pictureAnswer: await this.#system.shows(pictureId) }
  }

  /** Prepared, second password given, code and picture read: everything but the signature. */
  async challenged(): Promise<Challenged> {
    const proposal = await this.propose()
    const prepared = await this.prepare(proposal.proposalId)
    const { operationId } = prepared.operation
    await this.giveSecondPassword(operationId)
    const code = await this.operationCode(operationId)
    const picture = await this.confirmationPicture(operationId)
    return { prepared, code, picture, proposal }
  }

  /** Signs in the secure element and confirms; `changed` replaces parts of what is sent. */
  confirm(
    challenged: Challenged,
    changed: Partial<Parameters<typeof confirmOperation>[2]> = {},
  ): Promise<Operation> {
    const { prepared, code, picture } = challenged
    const client = { ...this.app.client, call: this.app.call.bind(this.app) }
    return confirmOperation(client, this.app.element, {
      operationId: prepared.operation.operationId,
      otpId: code.otpId,
      otp: code.otp,
      ...picture,
      order: prepared.order,
      certificateSerial: this.bound().certificateSerial,
      pin: this.person.pin,
      onExpiryNotice: (notice) => this.expiryNotices.push(notice),
      ...changed,
    })
  }

  /** The whole payment; waits until it is settled one way or the other. */
  async pay(): Promise<{ challenged: Challenged; operation: Operation }> {
    const challenged = await this.challenged()
    const confirmed = await this.confirm(challenged)
    return { challenged, operation: await this.settled(confirmed) }
  }

  async settled(operation: Operation, withinMs = 20_000): Promise<Operation> {
    const { clock } = this.#system
    const untilMs = clock.nowMs() + withinMs
    let current = operation
    while (['authorised', 'executing', 'unknown'].includes(current.state) && clock.nowMs() < untilMs) {
      await this.#system.pause(200)
      const { operationId } = operation
      current = (await this.app.call(operationsGet, { operationId })).operation
    }
    return current
  }

  bound(): BoundDevice {
    if (this.device === undefined) throw new Error('this installation is not bound')
    return this.device
  }
}

export type Challenged = {
  readonly prepared: Prepared
  readonly code: Code
  readonly picture: { readonly pictureId: string; readonly pictureAnswer: string }
  readonly proposal: OutputOf<typeof insurancePropose>
}

/** The code in a text message. */
export const codeIn = (text: string): string => /(?<![0-9])[0-9]{6}(?![0-9])/.exec(text)?.[0] ?? ''

/** A code that is certainly not this one. */
export const otherCode = (otp: string): string => (otp === '000000' ? '111111' : '000000')
