/**
 * The cookie that carries a session id: out of reach for scripts, never sent across sites, gone with the browser's session
 * at the latest after the absolute limit. A session id travels in headers only (C-6.2.2-e-s2).
 */
export function sessionCookie(audience: 'customer' | 'staff', secure: boolean) {
  const path = audience === 'customer' ? '/api/v1' : '/admin/v1'
  const name = `${secure ? '__Secure-' : ''}anqu-${audience}`
  const attributes = `Path=${path}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  return {
    name,
    set: ({ token, maxAgeMs }: { token: string; maxAgeMs: number }): string =>
      `${name}=${token}; Max-Age=${Math.floor(maxAgeMs / 1000)}; ${attributes}`,
    clear: (): string => `${name}=; Max-Age=0; ${attributes}`,
  }
}

/** The value of one cookie; undefined when it is absent, empty or not of the form we set. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name && value !== undefined && /^[A-Za-z0-9_-]{20,100}$/.test(value)) return value
  }
  return undefined
}
