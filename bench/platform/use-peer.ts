import { register } from 'node:module'

// Loaded by `node --import` in every process of the system that is to run on the peers' arithmetic.
register(new URL('./peer-hook.js', import.meta.url))
