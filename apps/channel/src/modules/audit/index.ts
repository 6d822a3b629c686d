export { createAudit, type Audit } from './module.ts'
export { auditRoutes } from './routes.ts'
export { chainNames, verifyChain, type ChainVerdict } from './verify-chain.ts'
