import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import sri from 'vite-plugin-sri-gen'
import { clientVersion } from './src/app/client-version.ts'

/** Tells the publisher which version was built. */
const versionFile = {
  name: 'anqu-version-file',
  generateBundle(this: { emitFile(file: { type: 'asset'; fileName: string; source: string }): void }) {
    this.emitFile({ type: 'asset', fileName: 'version.txt', source: `${clientVersion}\n` })
  },
}

/**
 * The app is compiled from the sources of all packages, so that nothing else has to be built first. Every asset is a
 * file with a hash in its name and an integrity attribute: `data:` and inline scripts would need holes in the policy.
 */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  // Browsers check no integrity of workers; naming theirs would only put an inline import map into the page.
  plugins: [
    react(),
    versionFile,
    sri({ algorithm: 'sha384', crossorigin: 'anonymous', skipResources: ['*worker*'] }),
  ],
  resolve: { conditions: ['anqu-source', 'module', 'browser', 'import', 'default'] },
  worker: { format: 'es' },
  build: {
    outDir: 'dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // One script: each further chunk would need an inline import map to be checked.
    rolldownOptions: { output: { codeSplitting: false } },
    chunkSizeWarningLimit: 640,
  },
})
