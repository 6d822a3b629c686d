import { fileURLToPath } from 'node:url'
import type { Profile, Program } from './program.ts'

const inProject = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url))

const entryOf = (folder: string): string => inProject(`${folder}/dist/main.js`)

/** Where a caller of the CA leaves its public key, so that the CA knows whom it trusts. */
const callersFolder = 'ca-callers'

/** What the publisher puts together and the channel serves: nothing in it is secret. */
const mobileRelease = 'mobile-release'

/** Where a caller of the TSM leaves its public key. */
const tsmCallersFolder = 'tsm-callers'

const loopback = '127.0.0.1'

const ca: Program = {
  name: 'ca',
  entry: entryOf('apps/ca'),
  after: [],
  databases: ['anqu_ca'],
  ports: { ANQU_CA_PORT: 8082 },
  settingPrefixes: ['ANQU_CA_'],
  environment: ({ databases, folder, ports, profile }) => ({
    ANQU_CA_HOST: loopback,
    ANQU_CA_PORT: String(ports['ANQU_CA_PORT']),
    ANQU_CA_DATABASE_URL: databases['anqu_ca'],
    ANQU_CA_DATA_DIR: folder('ca'),
    ANQU_CA_CALLERS_DIR: folder(callersFolder),
    ANQU_CA_PROFILE: profile,
  }),
}

const tsm: Program = {
  name: 'tsm',
  entry: entryOf('apps/tsm'),
  after: ['ca'],
  databases: ['anqu_tsm'],
  ports: { ANQU_TSM_PORT: 8083 },
  settingPrefixes: ['ANQU_TSM_'],
  environment: ({ databases, folder, ports, profile }) => ({
    ANQU_TSM_HOST: loopback,
    ANQU_TSM_PORT: String(ports['ANQU_TSM_PORT']),
    ANQU_TSM_DATABASE_URL: databases['anqu_tsm'],
    ANQU_TSM_DATA_DIR: folder('tsm'),
    ANQU_TSM_CALLERS_DIR: folder(tsmCallersFolder),
    ANQU_TSM_CA_URL: `http://${loopback}:${ports['ANQU_CA_PORT']}`,
    ANQU_TSM_CA_CALLERS_DIR: folder(callersFolder),
    ANQU_TSM_PROFILE: profile,
  }),
}

/** Signs the mobile app as it was built here. A publisher elsewhere does it with the same program. */
const publisher: Program = {
  name: 'publisher',
  entry: entryOf('apps/publisher'),
  once: true,
  after: ['ca'],
  databases: [],
  ports: {},
  settingPrefixes: ['ANQU_PUBLISHER_'],
  environment: ({ folder, ports }) => ({
    ANQU_PUBLISHER_APP_DIR: inProject('apps/mobile/dist/web'),
    ANQU_PUBLISHER_LOADER_DIR: inProject('apps/loader/dist/web'),
    ANQU_PUBLISHER_RELEASE_DIR: folder(mobileRelease),
    ANQU_PUBLISHER_DATA_DIR: folder('publisher'),
    ANQU_PUBLISHER_CA_URL: `http://${loopback}:${ports['ANQU_CA_PORT']}`,
    ANQU_PUBLISHER_CA_CALLERS_DIR: folder(callersFolder),
  }),
}

const standIns: Program = {
  name: 'simulators',
  entry: entryOf('simulators/all'),
  after: [],
  databases: ['anqu_bank', 'anqu_sms', 'anqu_witness'],
  ports: { ANQU_BANK_PORT: 8090, ANQU_SMS_PORT: 8091, ANQU_WITNESS_PORT: 8092 },
  settingPrefixes: ['ANQU_BANK_', 'ANQU_SMS_', 'ANQU_WITNESS_'],
  environment: ({ databases, ports }) => ({
    ANQU_BANK_HOST: loopback,
    ANQU_BANK_PORT: String(ports['ANQU_BANK_PORT']),
    ANQU_BANK_DATABASE_URL: databases['anqu_bank'],
    ANQU_SMS_HOST: loopback,
    ANQU_SMS_PORT: String(ports['ANQU_SMS_PORT']),
    ANQU_SMS_DATABASE_URL: databases['anqu_sms'],
    ANQU_WITNESS_HOST: loopback,
    ANQU_WITNESS_PORT: String(ports['ANQU_WITNESS_PORT']),
    ANQU_WITNESS_DATABASE_URL: databases['anqu_witness'],
  }),
}

/** Only the demo profile knows the stand-ins; in production their addresses are settings of the channel. */
const channel = (profile: Profile): Program => ({
  name: 'channel',
  entry: entryOf('apps/channel'),
  after: profile === 'demo' ? ['ca', 'tsm', 'publisher', 'simulators'] : ['ca', 'tsm', 'publisher'],
  databases: ['anqu_channel'],
  ports: { ANQU_CHANNEL_PORT: 8080, ANQU_CHANNEL_ADMIN_PORT: 8081 },
  settingPrefixes: ['ANQU_CHANNEL_'],
  environment: ({ databases, folder, host, ports, redisUrl, tls }) => ({
    ANQU_CHANNEL_HOST: host,
    ANQU_CHANNEL_PORT: String(ports['ANQU_CHANNEL_PORT']),
    ANQU_CHANNEL_ADMIN_PORT: String(ports['ANQU_CHANNEL_ADMIN_PORT']),
    ANQU_CHANNEL_DATABASE_URL: databases['anqu_channel'],
    ANQU_CHANNEL_REDIS_URL: redisUrl,
    ANQU_CHANNEL_DATA_DIR: folder('channel'),
    ANQU_CHANNEL_CA_CALLERS_DIR: folder(callersFolder),
    ANQU_CHANNEL_TSM_URL: `http://${loopback}:${ports['ANQU_TSM_PORT']}`,
    ANQU_CHANNEL_TSM_CALLERS_DIR: folder(tsmCallersFolder),
    ANQU_CHANNEL_MOBILE_DIR: `${folder(mobileRelease)}/current`,
    ANQU_CHANNEL_CONSOLE_DIR: inProject('apps/console/dist/web'),
    ANQU_CHANNEL_PROFILE: profile,
    ANQU_CHANNEL_TLS_CERT_FILE: tls?.certFile,
    ANQU_CHANNEL_TLS_KEY_FILE: tls?.keyFile,
    ANQU_CHANNEL_CA_URL: `http://${loopback}:${ports['ANQU_CA_PORT']}`,
    ...(profile === 'demo' && {
      ANQU_CHANNEL_BANK_URL: `http://${loopback}:${ports['ANQU_BANK_PORT']}`,
      ANQU_CHANNEL_SMS_URL: `http://${loopback}:${ports['ANQU_SMS_PORT']}`,
      ANQU_CHANNEL_WITNESS_URL: `http://${loopback}:${ports['ANQU_WITNESS_PORT']}`,
    }),
  }),
})

/** What runs on this machine: in production our own processes only, in the demo the stand-ins for other parties too. */
export function programsOf(profile: Profile): readonly Program[] {
  return profile === 'demo'
    ? [ca, tsm, publisher, standIns, channel(profile)]
    : [ca, tsm, publisher, channel(profile)]
}
