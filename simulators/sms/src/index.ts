export { createSms, type Sms, type SmsNeeds } from './sms.ts'
export { runSms } from './run.ts'
export type { Message } from './messages.ts'
