export { createSms, smsFaults, type Message, type SmsNeeds } from './sms.ts'
export { runSms } from './run.ts'
