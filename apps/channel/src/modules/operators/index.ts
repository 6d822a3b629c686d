export { createOperators, type NewStaff, type Operators } from './module.ts'
