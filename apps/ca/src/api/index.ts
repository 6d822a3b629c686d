export * from './schemas.ts'
export { answerBytes, callHeaders, requestBytes } from './signed-call.ts'
