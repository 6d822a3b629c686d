import { Client } from 'pg'

const plainName = /^[a-z_][a-z0-9_]{0,62}$/

/** The URL of another database, role and password on the same server. */
export function databaseUrl(
  serverUrl: string,
  database: string,
  login?: { role: string; password: string },
): string {
  // A socket folder stands percent-encoded where the host is; the URL class would refuse to keep it.
  const match = /^(postgres(?:ql)?:\/\/)(?:([^@/]*)@)?([^/?]*)(?:\/[^?]*)?(\?.*)?$/.exec(serverUrl)
  if (match === null) throw new TypeError('not a PostgreSQL URL')
  const [, scheme = '', oldLogin = '', host = '', query = ''] = match
  const userinfo = login === undefined ? oldLogin : `${login.role}:${encodeURIComponent(login.password)}`
  return `${scheme}${userinfo === '' ? '' : `${userinfo}@`}${host}/${database}${query}`
}

/**
 * Makes sure that a role with that password and a database owned by it exist. Nobody else may connect to the database.
 * @param adminUrl a login that may create roles and databases
 */
export async function provisionDatabase(
  adminUrl: string,
  {
    database,
    role,
    password,
  }: { readonly database: string; readonly role: string; readonly password: string },
): Promise<string> {
  if (!plainName.test(database) || !plainName.test(role)) throw new TypeError('not a plain SQL name')
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    const roles = await client.query('select 1 from pg_roles where rolname = $1', [role])
    const verb = roles.rows.length === 0 ? 'create' : 'alter'
    await client.query(`${verb} role "${role}" login password ${client.escapeLiteral(password)}`)
    const databases = await client.query('select 1 from pg_database where datname = $1', [database])
    if (databases.rows.length === 0) {
      // An administrator that is no superuser must be a member of the role before it can give a database away.
      await client.query(`grant "${role}" to current_user`)
      await client.query(`create database "${database}" owner "${role}" encoding 'UTF8' template template0`)
      await client.query(`revoke all on database "${database}" from public`)
    }
  } finally {
    await client.end()
  }
  return databaseUrl(adminUrl, database, { role, password })
}
