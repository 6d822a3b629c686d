import { defineConfig } from 'vite'
import sri from 'vite-plugin-sri-gen'

/** A page of a few lines, and the service worker as one file under a name that never changes. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [
    sri({
      algorithm: 'sha384',
      crossorigin: 'anonymous',
      skipResources: ['*sw.js'],
      runtimePatchDynamicLinks: false,
    }),
  ],
  resolve: { conditions: ['anqu-source', 'module', 'browser', 'import', 'default'] },
  build: {
    outDir: 'dist/web',
    emptyOutDir: true,
    // Not `assets`: that name is the app's.
    assetsDir: 'loader',
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/keeper/main.ts' },
      output: {
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'loader/[name]-[hash].js'),
      },
    },
  },
})
