import type { PendingBinding } from '@anqu/client'
import { devicesBeginBinding } from '@anqu/contract'
import { z } from 'zod'

const key = 'anqu.binding'
const form = devicesBeginBinding.output.extend({ csr: z.string().optional() })

/** A binding under way, so that a reload in the middle goes on where it was. Nothing in it is secret. */
export type PendingBindings = {
  load(nowMs: number): PendingBinding | undefined
  save(pending: PendingBinding): void
  forget(): void
}

export function pendingBindings(storage: Storage): PendingBindings {
  return {
    load(nowMs) {
      const kept = parse(storage.getItem(key))
      return kept !== undefined && kept.expiresAtMs > nowMs ? kept : undefined
    },
    save: (pending) => storage.setItem(key, JSON.stringify(pending)),
    forget: () => storage.removeItem(key),
  }
}

/** Undefined for anything that is no binding: an older version may have written it. */
function parse(text: string | null): PendingBinding | undefined {
  try {
    const { csr, ...begun } = form.parse(JSON.parse(text ?? 'null'))
    return csr === undefined ? begun : { ...begun, csr }
  } catch {
    return undefined
  }
}
