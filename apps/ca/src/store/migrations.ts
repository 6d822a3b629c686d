import type { MigrationSet } from '@anqu/platform'

export const migrations: MigrationSet = { module: 'ca', directory: new URL('./migrations/', import.meta.url) }
