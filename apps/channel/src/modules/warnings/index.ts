export { createWarnings, type Warnings } from './module.ts'
export { createMessenger } from './messenger.ts'
export type { Messenger } from './needs.ts'
