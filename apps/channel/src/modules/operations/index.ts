export { createOperations, type Operations } from './module.ts'
export { operationStaffRoutes } from './staff-routes.ts'
export {
  defineOperation,
  type OperationDefinition,
  type OutsideStep,
  type LocalStep,
  type StepOrder,
  type StepOutcome,
} from './define-operation.ts'
export type { OperationNeeds } from './needs.ts'
