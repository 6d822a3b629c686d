export { createConsent, type Consent } from './module.ts'
