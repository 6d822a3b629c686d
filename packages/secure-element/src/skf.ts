export {
  CONTAINER_TYPE,
  Skf,
  SGD,
  SKF_APPLICATION,
  type ApplicationHandle,
  type ContainerHandle,
  type DeviceHandle,
} from './host/skf.ts'
export type { KeyHandle } from './host/skf-session-key.ts'
export { SAR, SkfError, type SarName } from './host/skf-error.ts'
