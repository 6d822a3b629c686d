import { initGmCrypto } from '@anqu/gm-crypto'
import { printGroup } from './report.ts'
import { sm2Groups } from './sm2-rows.ts'
import { symmetricGroups } from './symmetric-rows.ts'

// What bench-page.ts runs in Chromium: the tables of `npm run bench:gm`, printed to the console of the page. The marks were set
// for Node, so here the ratios stand without a verdict.
console.log(`engine in use: ${await initGmCrypto()}`)
for (const make of [...(await sm2Groups()), ...symmetricGroups()]) {
  printGroup(make(), 'ratios')
  // The page answers between two tables.
  await new Promise((resolve) => setTimeout(resolve))
}
console.log('done')
