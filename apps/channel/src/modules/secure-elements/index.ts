export type { CardOffice } from './card-office.ts'
export { connectTsm } from './http-tsm.ts'
export { createSecureElements, type SecureElements } from './module.ts'
export type { ServiceManager } from './service-manager.ts'
