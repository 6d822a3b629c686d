export * from './schemas.ts'
export { paths, protocol, trustPath } from './paths.ts'
