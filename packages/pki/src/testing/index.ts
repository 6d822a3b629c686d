export { missingJava, runJudge } from './java-judge.ts'
export { missingOpenssl, openssl } from './openssl-judge.ts'
export * as theirMessages from './re-read-messages.ts'
export * as theirs from './re-read.ts'
