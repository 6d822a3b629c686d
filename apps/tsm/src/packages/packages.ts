import { bytesToHex } from '@anqu/encoding'
import { sm3, type Sm2PublicKey } from '@anqu/gm-crypto'
import { formatName, parseCertificate } from '@anqu/pki'
import { isUniqueViolation, sql, type Db, type Queryable } from '@anqu/platform'
import { parseLoadFile } from '@anqu/secure-element'
import type { z } from 'zod'
import type { packageRegisterRequest, packageStateRequest, sePackage } from '../api/schemas.ts'
import { TsmRefusal } from '../refused.ts'
import { checkPackage, requireListed, type PackageTrust } from './check-package.ts'

export type PackageFile = {
  readonly aid: string
  readonly name: string
  readonly version: number
  readonly loadFile: Uint8Array
  /** Of the publisher, over the load file; the card checks it. */
  readonly signature: Uint8Array
  readonly publisher: Sm2PublicKey
  readonly modules: readonly string[]
}

export type Packages = {
  register(request: z.infer<typeof packageRegisterRequest>): Promise<z.infer<typeof sePackage>>
  setState(request: z.infer<typeof packageStateRequest>): Promise<z.infer<typeof sePackage>>
  list(): Promise<z.infer<typeof sePackage>[]>
  /** The version of a package that cards get now. */
  active(tx: Queryable, aid: string): Promise<PackageFile | undefined>
  find(tx: Queryable, aid: string, version: number): Promise<PackageFile | undefined>
}

type Needs = PackageTrust & { readonly db: Db }

/** Identifier of the package that brings the security service; delivered with the project. */
export const securityService = 'f0414e51550100'

type Row = {
  aid: string
  name: string
  version: number
  load_file: Uint8Array
  hash: Uint8Array
  signature: Uint8Array
  certificate: Uint8Array
  signer: string
  modules: string[]
  state: 'registered' | 'active' | 'deprecated'
  registered_at_ms: bigint
  registered_by: string
  activated_by: string | null
}

const columns = sql`aid, name, version, load_file, hash, signature, certificate, signer, modules, state, registered_at_ms, registered_by, activated_by`

/** Versions of packages for secure elements, each signed by a listed publisher (SM2 over the load file). */
export function createPackages(needs: Needs): Packages {
  const { db, clock, signersDir } = needs
  const fileOf = (row: Row | undefined) => row && deliverable(row, signersDir)
  const described = async (aid: string, version: number): Promise<z.infer<typeof sePackage>> => {
    const found = (await list(db)).find((one) => one.aid === aid && one.version === version)
    if (found === undefined) throw new TsmRefusal('not-found', `no package ${aid} ${version}`)
    return found
  }
  return {
    async register(request) {
      const checked = await checkPackage(needs, request)
      await refuseOlder(db, request.aid, checked.version)
      try {
        await db.execute(sql`
          insert into se_package (aid, name, version, load_file, hash, signature, certificate, signer, modules, state,
            registered_at_ms, registered_by)
          values (${request.aid}, ${request.name}, ${checked.version}, ${checked.loadFile}, ${sm3(checked.loadFile)},
            ${checked.signature}, ${checked.certificate.raw}, ${formatName(checked.certificate.subject)},
            ${checked.modules}, 'registered', ${clock.nowMs()}, ${request.requester})`)
      } catch (error) {
        if (isUniqueViolation(error))
          throw new TsmRefusal('known-version', 'this version is registered already')
        throw error
      }
      return described(request.aid, checked.version)
    },
    async setState({ aid, version, state, actor }) {
      await db.transaction(async (tx) => {
        const row = await tx.maybe<Row>(
          sql`select ${columns} from se_package where aid = ${aid} and version = ${version} for update`,
        )
        if (row === undefined) throw new TsmRefusal('not-found', `no package ${aid}`)
        if (state === 'deprecated') {
          await tx.execute(
            sql`update se_package set state = 'deprecated' where aid = ${aid} and version = ${version}`,
          )
          return
        }
        // Whoever brings a package does not decide that cards get it.
        if (row.registered_by === actor)
          throw new TsmRefusal('second-person', 'registered by the same person')
        await refuseOlder(tx, aid, version)
        await tx.execute(sql`
          update se_package set state = 'deprecated' where aid = ${aid} and state = 'active' and version <> ${version}`)
        await tx.execute(
          sql`update se_package set state = 'active', activated_by = ${actor} where aid = ${aid} and version = ${version}`,
        )
      })
      return described(aid, version)
    },
    list: () => list(db),
    active: async (tx, aid) =>
      fileOf(
        await tx.maybe<Row>(sql`select ${columns} from se_package where aid = ${aid} and state = 'active'`),
      ),
    find: async (tx, aid, version) =>
      fileOf(
        await tx.maybe<Row>(
          sql`select ${columns} from se_package where aid = ${aid} and version = ${version}`,
        ),
      ),
  }
}

/**
 * Cards are told whose signature to ask for, so whoever was taken off the list brings nothing onto them any more. A row that
 * says other than what was signed is not delivered: an older file would pass for a newer one on a card that has none yet.
 */
async function deliverable(row: Row, signersDir: string): Promise<PackageFile> {
  const certificate = new Uint8Array(row.certificate)
  await requireListed(certificate, signersDir)
  const { aid, name, version } = parseLoadFile(new Uint8Array(row.load_file))
  if (bytesToHex(aid) !== row.aid || name !== row.name || version !== row.version)
    throw new TsmRefusal('altered', `${row.name} ${row.version} holds ${name} ${version}`)
  return {
    aid: row.aid,
    name: row.name,
    version: row.version,
    loadFile: new Uint8Array(row.load_file),
    signature: new Uint8Array(row.signature),
    publisher: parseCertificate(certificate).publicKey,
    modules: row.modules,
  }
}

async function list(db: Db): Promise<z.infer<typeof sePackage>[]> {
  const rows = await db.query<Row & { cards: bigint }>(sql`
    select ${columns}, (select count(*) from card where package_aid = se_package.aid and package_version = se_package.version) as cards
    from se_package order by name, version desc limit 500`)
  return rows.map((row) => ({
    aid: row.aid,
    name: row.name,
    version: row.version,
    hash: bytesToHex(row.hash),
    signer: row.signer,
    modules: row.modules,
    state: row.state,
    registeredAtMs: Number(row.registered_at_ms),
    registeredBy: row.registered_by,
    activatedBy: row.activated_by,
    cards: Number(row.cards),
  }))
}

/** What cards were once given is never followed by less: an older version may hold a fault that was mended since. */
async function refuseOlder(tx: Queryable, aid: string, version: number): Promise<void> {
  const { released } = await tx.one<{ released: number }>(sql`
    select coalesce(max(version), 0) as released from se_package where aid = ${aid} and activated_by is not null`)
  if (version < released) throw new TsmRefusal('older-version', `${version} after ${released}`)
}
