import path from 'node:path'
import { CaWorld } from '@anqu/ca/testing'
import { Sm2PrivateKey } from '@anqu/gm-crypto'
import { createCsr, privateKeySigner } from '@anqu/pki'
import { uuidv7 } from '@anqu/platform'
import { testDatabase, type TestDatabase } from '@anqu/platform/testing'
import type { StaffSession } from '../../http/bound-route.ts'
import { call, installation, migrationsOf, recordingAudit } from '../../testing/module-world.fixture.ts'
import type { CertificationAuthority } from './authority.ts'
import type { AuthorityOverview } from './authority-overview.ts'
import { connectHttpAuthority } from './http-authority.ts'
import { createCertificates, type Certificates } from './module.ts'

const staffNamed = (name: string, role: StaffSession['role']) => ({ staffId: uuidv7(), name, role })

/** The module on a database of its own, with the real CA in process and three members of staff. */
export class CertificateWorld {
  readonly audit = recordingAudit()
  readonly notices: { accountId: string; title: string }[] = []
  readonly chen = staffNamed('陈', 'operator')
  readonly wang = staffNamed('王', 'operator')
  readonly admin = staffNamed('安', 'administrator')
  readonly auditor = staffNamed('方', 'auditor')
  readonly ca: CaWorld
  readonly database: TestDatabase
  readonly overview: AuthorityOverview
  /** What the module reads events through; a test may put something in between. */
  events: AuthorityOverview['events']
  readonly certificates: Certificates
  /** The CA as this module calls it; a test may let it be away, or lose an answer. */
  readonly authority: CertificationAuthority

  private constructor(
    ca: CaWorld,
    database: TestDatabase,
    { authority, overview }: Awaited<ReturnType<typeof connectHttpAuthority>>,
  ) {
    this.ca = ca
    this.database = database
    this.overview = overview
    this.events = overview.events
    this.authority = authority
    const staff = [this.chen, this.wang, this.admin, this.auditor]
    this.certificates = createCertificates({
      db: database.db,
      clock: ca.clock,
      audit: this.audit,
      authority: this.authority,
      overview: { ...overview, events: (request) => this.events(request) },
      notifyIn: async (_tx, accountId, { title }) => void this.notices.push({ accountId, title: title.zh }),
      staffNames: (ids) =>
        Promise.resolve(
          new Map(
            staff.filter(({ staffId }) => ids.includes(staffId)).map(({ staffId, name }) => [staffId, name]),
          ),
        ),
    })
  }

  static async open(): Promise<CertificateWorld> {
    const ca = await CaWorld.open()
    const connected = await connectHttpAuthority({
      url: ca.url,
      dataDir: ca.folder,
      callersDir: path.join(ca.folder, 'callers'),
      clock: ca.clock,
    })
    return new CertificateWorld(ca, await testDatabase(migrationsOf('certificates', 'devices')), connected)
  }

  async close(): Promise<void> {
    await this.ca.close()
    await this.database.drop()
  }

  /** The state the CA has a certificate in. */
  async stateAtCa(serial: string): Promise<string> {
    return (await this.overview.read(serial))?.certificate.status ?? 'none'
  }

  async issue(accountId = uuidv7()): Promise<{ serial: string; accountId: string; deviceId: string }> {
    const deviceId = uuidv7()
    const signer = privateKeySigner(Sm2PrivateKey.generate())
    const csr = await createCsr({ key: signer, subject: [{ type: 'CN', value: deviceId }] })
    const bindingId = uuidv7()
    const { serial } = await this.certificates.issue({
      bindingId,
      csr,
      accountId,
      deviceId,
      origin: 'here',
    })
    return { serial, accountId, deviceId }
  }

  as<T>(staff: { staffId: string; role: StaffSession['role'] }, route: string, input: object): Promise<T> {
    return call<T>(this.certificates.routes, route, input, installation({ staff }))
  }
}
