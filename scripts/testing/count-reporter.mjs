import { writeFileSync } from 'node:fs'

/**
 * A vitest reporter that writes how many tests passed, failed and were skipped to the file named by ANQU_TEST_COUNTS. A file
 * that cannot be run and an error outside every test count as a failure each, so that neither can look like success.
 */
export default class CountReporter {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        counts[state === 'pending' ? 'failed' : state] += 1
      }
      if (module.errors().length > 0) counts.failed += 1
    }
    const file = process.env.ANQU_TEST_COUNTS
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts))
  }
}
