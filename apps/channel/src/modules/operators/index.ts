export { createOperators, staffNames, type NewStaff, type Operators } from './module.ts'
