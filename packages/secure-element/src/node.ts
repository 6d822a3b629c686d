export { fileCardStorage } from './storage/file-card-storage.ts'
