import { askKeeper, type KeeperRequest, type KeeperState } from '@anqu/app-package'
import { ownProblem, ProblemError } from './problem.ts'

/** The package this app was started from, as the service worker keeps it. Without one nothing was checked. */
export async function askAboutPackage(request: KeeperRequest): Promise<KeeperState> {
  const keeper = navigator.serviceWorker.controller
  return keeper ? askKeeper(keeper, request) : { state: 'none' }
}

/**
 * Checks every file of the app before something is signed (B-7.5.3-2).
 * @throws ProblemError
 */
export async function requireWholeApp(): Promise<void> {
  const { state } = await askAboutPackage('check')
  if (state !== 'ready') throw new ProblemError(ownProblem('app.altered'))
}
