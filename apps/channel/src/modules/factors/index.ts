export {
  createFactors,
  registrationBinding,
  transactionScope,
  type Factors,
  type FactorsNeeds,
} from './module.ts'
export { maskPhone, type OtpOrder, type SendSms } from './otp.ts'
export type { Witness } from './pictures.ts'
export { createSmsOperator } from './sms-operator.ts'
export { createWitness } from './witness.ts'
export type { SecretEntry } from './keyboards.ts'
export type { LockView } from './guard.ts'
