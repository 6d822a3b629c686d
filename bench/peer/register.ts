import { register } from 'node:module'

// `node --import bench/dist/peer/register.js …` runs a program on sm-crypto-v2 in place of our engine; NODE_OPTIONS hands it
// on to the processes and threads the program starts. For the benchmark only.
register('./resolve-hook.js', import.meta.url)
