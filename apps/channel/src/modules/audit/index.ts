export { createAudit, type Audit } from './module.ts'
export { auditRoutes } from './routes.ts'
export type { ChainVerdict } from './verify-chain.ts'
