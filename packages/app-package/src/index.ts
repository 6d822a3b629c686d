export { askKeeper, type KeeperRequest, type KeeperState, type Obstacle } from './keeper-messages.ts'
export { encodeManifest, manifestFile, mostFileBytes, type Manifest } from './manifest.ts'
export { mediaTypeOf } from './media-type.ts'
export { pageHeaders } from './page-headers.ts'
export { signRelease } from './sign-release.ts'
export {
  mostMessageBytes,
  releaseIn,
  verifyFile,
  verifyRelease,
  verifyUpdate,
  type Release,
  type Trust,
} from './verify-release.ts'
