export { createMonitoring, type MonitoringNeeds } from './module.ts'
