export { createIdentity, type Identity, type Person } from './module.ts'
export { birthdayOf } from './domain/age.ts'
