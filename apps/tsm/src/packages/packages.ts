import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { base64ToBytes, bytesToHex, bytesToUtf8, ParseError } from '@anqu/encoding'
import { sm2Verify, sm3 } from '@anqu/gm-crypto'
import {
  EKU_CODE_SIGNING,
  formatName,
  parseCertificate,
  PkiError,
  validateChain,
  type Certificate,
} from '@anqu/pki'
import { isUniqueViolation, sql, type Clock, type Db, type Queryable } from '@anqu/platform'
import { parseLoadFile, StatusError } from '@anqu/secure-element'
import type { z } from 'zod'
import type { packageRegisterRequest, packageStateRequest, sePackage } from '../api/schemas.ts'
import { TsmRefusal } from '../refused.ts'

export type PackageFile = {
  readonly aid: string
  readonly name: string
  readonly version: number
  readonly loadFile: Uint8Array
  readonly signature: Uint8Array
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

type Needs = {
  readonly db: Db
  readonly clock: Clock
  /** Roots and intermediates that a signer's certificate must lead through, root last. */
  readonly anchors: readonly Certificate[]
  /** Folder with the certificates (DER, base64) of publishers whose packages are taken. */
  readonly signersDir: string
}

/** Identifier of the package that brings the security service; delivered with the project. */
export const securityService = 'f0414e51550100'

type Row = {
  aid: string
  name: string
  version: number
  load_file: Uint8Array
  hash: Uint8Array
  signature: Uint8Array
  signer: string
  modules: string[]
  state: 'registered' | 'active' | 'deprecated'
  registered_at_ms: bigint
  registered_by: string
  activated_by: string | null
}

const columns = sql`aid, name, version, load_file, hash, signature, signer, modules, state, registered_at_ms, registered_by, activated_by`

/** Versions of packages for secure elements, each signed by a listed publisher (SM2 over the load file). */
export function createPackages(needs: Needs): Packages {
  const { db, clock } = needs
  const fileOf = (row: Row | undefined): PackageFile | undefined =>
    row && {
      aid: row.aid,
      name: row.name,
      version: row.version,
      loadFile: new Uint8Array(row.load_file),
      signature: new Uint8Array(row.signature),
      modules: row.modules,
    }
  const described = async (aid: string, version: number): Promise<z.infer<typeof sePackage>> => {
    const found = (await list(db)).find((one) => one.aid === aid && one.version === version)
    if (found === undefined) throw new TsmRefusal('not-found', `no package ${aid} ${version}`)
    return found
  }
  return {
    async register(request) {
      const checked = await checkPackage(needs, request)
      try {
        await db.execute(sql`
          insert into se_package (aid, name, version, load_file, hash, signature, certificate, signer, modules, state,
            registered_at_ms, registered_by)
          values (${request.aid}, ${request.name}, ${checked.version}, ${checked.loadFile}, ${sm3(checked.loadFile)},
            ${checked.signature}, ${checked.certificate.raw}, ${formatName(checked.certificate.subject)},
            ${checked.modules}, 'registered', ${clock.nowMs()}, ${request.requester})`)
      } catch (error) {
        if (isUniqueViolation(error)) throw new TsmRefusal('not-now', 'this version is registered already')
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

async function checkPackage(needs: Needs, request: z.infer<typeof packageRegisterRequest>) {
  const loadFile = base64ToBytes(request.loadFile)
  const signature = base64ToBytes(request.signature)
  const certificate = await trustedSigner(needs, base64ToBytes(request.certificate))
  if (!sm2Verify(certificate.publicKey, loadFile, signature))
    throw new TsmRefusal('bad-package', 'the signature is not the signer’s over this load file')
  try {
    const { version, modules } = parseLoadFile(loadFile)
    if (version < 1 || version > 0xffff) throw new TsmRefusal('bad-package', 'version out of range')
    return {
      version,
      modules: modules.map((aid) => bytesToHex(aid)),
      loadFile,
      signature,
      certificate,
    }
  } catch (error) {
    if (error instanceof StatusError || error instanceof ParseError)
      throw new TsmRefusal('bad-package', `not a load file: ${error.message}`)
    throw error
  }
}

/** Listed by the administrator, for signing code, and valid under the pinned root now. */
async function trustedSigner({ anchors, clock, signersDir }: Needs, der: Uint8Array): Promise<Certificate> {
  const certificate = parsedCertificate(der)
  const listed = await listedSigners(signersDir)
  const verdict = validateChain({
    leaf: certificate,
    intermediates: anchors.slice(0, -1),
    anchors: anchors.slice(-1),
    atMs: clock.nowMs(),
    usage: { keyUsage: ['digitalSignature'], extKeyUsage: EKU_CODE_SIGNING },
  })
  if (!verdict.ok) throw new TsmRefusal('untrusted-signer', `certificate: ${verdict.rule}`)
  if (!listed.includes(bytesToHex(sm3(der))))
    throw new TsmRefusal('untrusted-signer', 'the certificate is not listed')
  return certificate
}

function parsedCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof PkiError || error instanceof ParseError)
      throw new TsmRefusal('untrusted-signer', 'not a certificate')
    throw error
  }
}

async function listedSigners(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cer'))
  return Promise.all(
    names.map(async (name) => {
      const text = bytesToUtf8(new Uint8Array(await readFile(path.join(folder, name))))
      return bytesToHex(sm3(base64ToBytes(text.trim())))
    }),
  )
}
