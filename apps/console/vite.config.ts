import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import sri from 'vite-plugin-sri-gen'

/** As the mobile app: compiled from sources, every asset a hashed file with an integrity attribute, one script. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react(), sri({ algorithm: 'sha384', crossorigin: 'anonymous' })],
  resolve: { conditions: ['anqu-source', 'module', 'browser', 'import', 'default'] },
  build: {
    outDir: 'dist/web',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    rolldownOptions: { output: { codeSplitting: false } },
    chunkSizeWarningLimit: 640,
  },
})
