import { runnerImport } from 'vite'

// argv becomes what it would be for the module itself.
const [module] = process.argv.splice(1, 1)
const conditions = ['anqu-source', 'module', 'node']
const resolve = { conditions, externalConditions: ['node'] }
await runnerImport(process.argv[1] ?? module, {
  logLevel: 'error',
  resolve: { conditions },
  ssr: { resolve },
})
