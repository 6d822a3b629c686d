import { defineConfig } from 'vitest/config'

// Tests run on the TypeScript sources of every workspace, so that `npm test` needs no build.
// No 'import' or 'default' here: Node would take them as its own conditions and hand ESM to a `require`.
const source = ['anqu-source', 'module', 'node']
const workspaces = '{packages,apps,simulators,conformance,tests,bench,scripts}'

/** Tests that start the built processes; each kind runs by itself: `node scripts/test.mjs --kind faults`. */
const wholeSystem = { journeys: 'journey', faults: 'fault', interop: 'interop', system: 'system' }

const onWholeSystem = Object.entries(wholeSystem).map(([name, suffix]) => ({
  extends: true as const,
  test: {
    name,
    include: [`${workspaces}/**/*.${suffix}.test.{ts,tsx}`],
    // One system at a time: two of them on two cores would only measure each other.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    globalSetup: ['./packages/platform/src/testing/global-setup.ts', './scripts/testing/build-first.mjs'],
  },
}))

export default defineConfig({
  resolve: { conditions: source },
  ssr: { resolve: { conditions: source, externalConditions: ['node'] } },
  // The environment that runs the global setup.
  environments: { __vitest__: { resolve: { conditions: source, externalConditions: ['node'] } } },
  test: {
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'threads',
    projects: [
      {
        extends: true,
        test: {
          name: 'suite',
          include: [`${workspaces}/**/*.test.{ts,tsx}`],
          exclude: [
            '**/node_modules/**',
            '**/dist/**',
            `**/*.{${Object.values(wholeSystem).join(',')}}.test.{ts,tsx}`,
          ],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['./packages/platform/src/testing/global-setup.ts'],
        },
      },
      ...onWholeSystem,
    ],
  },
})
