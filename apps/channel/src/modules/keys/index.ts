export { createKeys, type Certify, type KeySystem, type ServerKey } from './module.ts'
