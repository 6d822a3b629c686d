export { fuzz, fuzzRounds } from './fuzz.ts'
export { mutate, seededNumbers } from './mutate.ts'
