export { runSimulators, type Simulators } from './run.ts'
