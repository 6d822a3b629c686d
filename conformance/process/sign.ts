import { readFileSync, writeFileSync } from 'node:fs'
import { fromPem, importPkcs8 } from '@anqu/gm-crypto'
import { z } from 'zod'
import { signProcessEvidence } from './process-evidence.ts'

/** `node conformance/dist/process/sign.js statement.json key.pem out.json`: signs a statement with a person's SM2 key. */
const [statementFile, keyFile, target] = process.argv.slice(2)
if (statementFile === undefined || keyFile === undefined || target === undefined) {
  process.stderr.write('usage: node conformance/dist/process/sign.js <statement.json> <key.pem> <out.json>\n')
  process.exit(2)
}
const statement = z
  .object({
    clause: z.string(),
    title: z.string(),
    finding: z.string(),
    performedAtMs: z.int(),
    validUntilMs: z.int(),
    performedBy: z.string(),
    files: z.array(z.object({ name: z.string(), sm3: z.string() })).default([]),
  })
  .parse(JSON.parse(readFileSync(statementFile, 'utf8')))
const key = importPkcs8(fromPem(readFileSync(keyFile, 'utf8'), 'PRIVATE KEY'))
// The signer checks the clause and everything else again.
writeFileSync(target, `${JSON.stringify(signProcessEvidence(statement, key), null, 2)}\n`)
