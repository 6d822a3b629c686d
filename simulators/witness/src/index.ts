export { createWitness, type WitnessNeeds } from './witness.ts'
export { runWitness } from './run.ts'
