export {
  Skf,
  SGD,
  SKF_APPLICATION,
  type ApplicationHandle,
  type ContainerHandle,
  type DeviceHandle,
} from './host/skf.ts'
export { SAR, SkfError, type SarName } from './host/skf-error.ts'
