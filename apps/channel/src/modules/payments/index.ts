export { payPremium, type PayPremiumNeeds } from './pay-premium.ts'
export { createPaymentAccounts, type PaymentAccount, type Payer } from './payment-account.ts'
export { createHttpBankCore } from './bank-core/http-bank-core.ts'
export type { BankCore, DebitOrder } from './bank-core/bank-core.ts'
