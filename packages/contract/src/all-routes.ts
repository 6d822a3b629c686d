import * as routes from './routes/index.ts'
import type { Route } from './route.ts'

const isRoute = (value: unknown): value is Route =>
  typeof value === 'object' && value !== null && 'audience' in value

/** Every declared route, by path. */
export const allRoutes: readonly Route[] = Object.values<unknown>(routes)
  .filter(isRoute)
  .toSorted((a, b) => (a.path < b.path ? -1 : 1))
