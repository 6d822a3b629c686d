export { settlementRoutes } from './settlement-routes.ts'
export { createOperations, type Operations } from './module.ts'
export { operationFigures, operationStaffRoutes, type OperationFigures } from './staff-routes.ts'
export {
  defineOperation,
  type OperationDefinition,
  type OutsideStep,
  type LocalStep,
  type Prepared,
  type StepOrder,
  type StepOutcome,
} from './define-operation.ts'
export type { OperationNeeds } from './needs.ts'
