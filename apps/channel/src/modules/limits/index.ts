export { createLimits, type Limits } from './module.ts'
export { dayOf } from './domain/business-day.ts'
