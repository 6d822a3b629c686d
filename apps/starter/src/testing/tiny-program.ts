import { fileURLToPath } from 'node:url'
import type { Program } from '../program.ts'

/** A program for tests of the starter: it answers its pid and settings, and `/crash` ends it. */
export function tinyProgram(change: Partial<Program> = {}): Program {
  return {
    name: 'tiny',
    entry: fileURLToPath(new URL('./tiny-program.mjs', import.meta.url)),
    after: [],
    databases: [],
    ports: { ANQU_TINY_PORT: 18_080 },
    settingPrefixes: ['ANQU_TINY_'],
    environment: ({ ports, databases }) => ({
      ANQU_TINY_PORT: String(ports['ANQU_TINY_PORT']),
      ANQU_TINY_DATABASE_URL: databases['anqu_tiny'],
    }),
    ...change,
  }
}
