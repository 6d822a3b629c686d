export { clausesOf, policy, policyEntries } from './policy.ts'
export type { PolicyEntry } from './define-policy.ts'
