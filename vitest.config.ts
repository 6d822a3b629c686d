import { defineConfig } from 'vitest/config'

// Tests run on the TypeScript sources of every workspace, so that `npm test` needs no build.
const source = ['anqu-source', 'module', 'node', 'import', 'default']
export default defineConfig({
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source, externalConditions: ['node', 'import', 'default'] } },
  test: {
    include: ['{packages,apps,simulators,conformance,tests,bench}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'threads',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
