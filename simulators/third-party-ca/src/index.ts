export { openThirdPartyCa, type ThirdPartyCa } from './third-party-ca.ts'
