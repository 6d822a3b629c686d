export { createSessions, type Sessions } from './module.ts'
export type { SessionUse } from './resolve-session.ts'
export { environmentHash } from './login.ts'
