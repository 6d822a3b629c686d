export * from './schemas.ts'
export * from './officers.ts'
export * from './overview.ts'
export { answerBytes, callHeaders, requestBytes } from './signed-call.ts'
