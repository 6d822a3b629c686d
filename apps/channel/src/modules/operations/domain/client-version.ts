/** Released versions of the client, oldest first. A release adds a line. */
export const releasedVersions: readonly string[] = ['0.1.0']

/**
 * True when a client may move money: its version was released and is at most `maxBehind` releases behind (B-7.5.1.4-3). A
 * version nobody released is treated like an old one.
 */
export function mayMoveMoney(version: string, released: readonly string[], maxBehind: number): boolean {
  const position = released.indexOf(version)
  return position !== -1 && released.length - 1 - position <= maxBehind
}
