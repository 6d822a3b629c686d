export { createWitness, type Witness, type WitnessNeeds } from './witness.ts'
export { runWitness } from './run.ts'
