export { nodeTripleDes } from './channel/node-triple-des.ts'
export { fileCardStorage } from './storage/file-card-storage.ts'
export { insertIntoVpcd, VPCD_PORT, type VpcdOptions } from './transports/vpcd.ts'
export { connectPcscCard, type PcscCard, type PcscOptions } from './transports/pcsc.ts'
