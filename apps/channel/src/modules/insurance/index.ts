export { createInsurance, type Insurance, type InsuranceNeeds } from './module.ts'
