export { createDevices, type Devices } from './module.ts'
export { deviceBinding } from './own-device.ts'
