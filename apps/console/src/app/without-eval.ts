import { config } from 'zod'

// zod compiles schemas with `new Function` where it may, and finds out by trying. Under Trusted Types the trial alone is a
// violation, so it is told not to, before the first schema exists: this import comes first in the entry.
config({ jitless: true })
