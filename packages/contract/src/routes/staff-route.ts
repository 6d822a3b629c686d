import type { z } from 'zod'
import { route, type Route } from '../route.ts'

/** A route of the internal listener. */
export const staffRoute = <I extends z.ZodType, O extends z.ZodType>(
  declaration: Omit<Route<I, O>, 'audience'>,
): Route<I, O> => route({ audience: 'staff', ...declaration })
