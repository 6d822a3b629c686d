export {
  createFaultSwitches,
  faultSetting,
  parseFault,
  type FaultSwitches,
  type FaultOrder,
} from './fault-switches.ts'
export { faultRoutes } from './fault-routes.ts'
export { applyFaults, type Answer } from './apply-faults.ts'
