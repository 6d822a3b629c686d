export { createNotifications, type Notice, type Notifications } from './module.ts'
