export { createReleases, type Releases } from './module.ts'
