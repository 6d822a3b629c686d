import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { openIssuing } from '@anqu/ca/issuing'
import { initGmCrypto } from '@anqu/gm-crypto'
import { databaseUrl, openDatabase, sql, systemClock, type Db } from '@anqu/platform'
import { startEmbeddedPostgres } from '@anqu/platform/embedded-postgres'
import { chainRow } from './chain-row.ts'
import { startChildServer } from './child-server.ts'
import { fillCertificates, flatTable, issueRow } from './issue-rows.ts'
import { listTable, shardFromDatabase } from './list-rows.ts'
import { ocspRows, serialsNeeded } from './ocsp-rows.ts'
import { report, type Ratio } from './ratio.ts'

// The certification authority beside the floor of its own parts, in one run, on an embedded PostgreSQL with its usual durable
// commits. Status answers come from the CA as a process of its own; issuing is measured without the service around it.

const sizes = [1_000, 10_000, 100_000, 1_000_000]
/** A cost is flat when a thousand times the certificates leave it within this. */
const flatWithin = 1.5

async function measure(dataDir: string): Promise<number> {
  const server = await startEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres') })
  const admin = openDatabase({ url: server.adminUrl })
  await admin.execute(sql`create database bench_ca`)
  await admin.close()
  const url = databaseUrl(server.adminUrl, 'bench_ca')
  const db = openDatabase({ url, statementTimeoutMs: 300_000, poolSize: 16 })
  try {
    return await measureOn(db, url, path.join(dataDir, 'ca'))
  } finally {
    await db.close()
    await server.stop()
  }
}

async function measureOn(db: Db, databaseUrl: string, dataDir: string): Promise<number> {
  const issuing = await openIssuing({ db, clock: systemClock, dataDir })
  const ratios: Ratio[] = [await issueRow(db, issuing), await chainRow()]
  await fillCertificates(db, 100_000)
  const rows = await db.query<{ serial: string }>(
    sql`select serial from certificate where correlation_id = 'made' limit ${serialsNeeded}`,
  )
  const serials = rows.map(({ serial }) => serial)
  const authority = await startChildServer('./ca-server.js', [databaseUrl, dataDir])
  try {
    ratios.push(...(await ocspRows({ authority, issuer: issuing.issuer, serials })))
  } finally {
    await authority.stop()
  }
  const missed = ratios.filter((ratio) => !report(ratio)).length
  await db.execute(sql`truncate certificate, subject_key cascade`)
  const growth = await flatTable(db, issuing, sizes)
  console.log(
    `  → ${growth.toFixed(2)} × (at most ${flatWithin}): ${growth <= flatWithin ? 'flat' : 'MISSED'}`,
  )
  await listTable(sizes)
  await shardFromDatabase(db, issuing)
  return missed + (growth <= flatWithin ? 0 : 1)
}

const engine = await initGmCrypto()
console.log(`CPU      ${cpus()[0]?.model.trim()} × ${cpus().length}, load ${loadavg()[0]?.toFixed(1)}`)
console.log(`Node     ${process.version}, OpenSSL ${process.versions.openssl}; engine in use: ${engine}`)
const dataDir = await mkdtemp(path.join(tmpdir(), 'anqu-bench-ca-'))
try {
  const missed = await measure(dataDir)
  console.log(missed === 0 ? '\nEvery mark is reached.' : `\n${missed} marks are not reached.`)
  if (missed > 0 && process.argv.includes('--check')) process.exitCode = 1
} finally {
  await rm(dataDir, { recursive: true })
}
