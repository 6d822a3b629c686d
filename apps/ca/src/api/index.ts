export * from './schemas.ts'
export * from './officers.ts'
export * from './overview.ts'
export { connectAuthority, protocol, type AuthorityConnection } from './connect.ts'
