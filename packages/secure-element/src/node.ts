export { nodeTripleDes } from './channel/node-triple-des.ts'
export { fileCardStorage } from './storage/file-card-storage.ts'
export { insertIntoVpcd, LOOPBACK_PORT, VPCD_PORT, waitForVpcd, type VpcdOptions } from './transports/vpcd.ts'
export { connectPcscCard, type PcscCard, type PcscOptions } from './transports/pcsc.ts'
