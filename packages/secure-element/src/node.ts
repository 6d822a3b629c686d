export { fileCardStorage } from './storage/file-card-storage.ts'
export { insertIntoVpcd, VPCD_PORT, type VpcdOptions } from './transports/vpcd.ts'
