export { createDevices, type Devices } from './module.ts'
