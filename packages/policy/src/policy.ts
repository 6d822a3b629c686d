import { definePolicy, value } from './define-policy.ts'

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const yuan = 100n

/**
 * The strictest reading of the four standards as one set of values. Code reads `policy`; the reference page, the console and
 * the conformance checks read `policyEntries`.
 */
export const { policy, entries: policyEntries } = definePolicy({
  session: {
    idleMs: value(
      10 * minuteMs,
      ['C-6.2.2-b', 'D-5.3.3.3-a', 'B-7.5.9.5-1'],
      'The texts leave the time open; ten minutes is common in banking.',
    ),
    fundIdleMs: value(5 * minuteMs, ['D-5.3.3.3-a'], 'Shorter where money moves.'),
    backgroundMs: value(2 * minuteMs, ['D-5.2.1.2-s2'], 'A person who was away longer is confirmed again.'),
    absoluteMs: value(12 * hourMs, ['A-5.5-2'], '72 h is the ceiling the text gives as an example.'),
    loginStepMs: value(
      10 * minuteMs,
      [],
      'Time to receive and type the second factor; longer than a code lives.',
    ),
  },
  otp: {
    digits: value(6, ['A-6.4-3'], 'Length is required, its value left open.'),
    validMs: value(
      5 * minuteMs,
      ['A-6.4-2', 'D-5.2.1.1-d.2-s2'],
      'A limit is required, its value left open.',
    ),
    maxTries: value(5, ['C-6.2.1.3-L2c'], 'The code dies after several wrong entries.'),
    perMinute: value(1, ['C-6.2.1.3-L2a-s1'], 'Sending is limited by minute, hour and day.'),
    perHour: value(5, ['C-6.2.1.3-L2a-s1'], 'As above.'),
    perDay: value(10, ['C-6.2.1.3-L2a-s1'], 'As above.'),
  },
  captcha: {
    validMs: value(3 * minuteMs, ['B-7.5.6-10', 'A-6.3-1'], 'Three minutes is the most B allows.'),
    minSpace: value(10_000, ['B-7.5.6-6'], 'Number of possible answers.'),
  },
  keyboard: {
    validMs: value(
      3 * minuteMs,
      ['B-7.5.5-5'],
      'The key agreed for one entry lives no longer than the entry takes.',
    ),
  },
  lockout: {
    consecutiveCap: value(3, ['D-5.2.3.1-s2'], 'Three in a row set a timed lock that grows.'),
    dayCap: value(5, ['A-6.8-2'], 'Below the six in 24 hours given as an example.'),
    cumulativeCap: value(20, ['A-6.8-3', 'A-6.8-4'], 'Only an operator clears it.'),
    firstLockMs: value(
      1 * minuteMs,
      ['D-5.2.3.1-s2'],
      'The first timed lock; the following ones are longer.',
    ),
    lockFactor: value(5, ['D-5.2.3.1-s2'], 'How much longer each is.'),
    longestLockMs: value(dayMs, ['A-6.8-4'], 'The longest timed lock.'),
    transactionCap: value(
      3,
      ['C-6.3.3-e-s3'],
      'Repeated wrong transactions are locked until manual verification.',
    ),
  },
  password: {
    minLength: value(8, ['C-6.2.1.2-c-s2'], 'With letters and digits.'),
    maxAgeMs: value(180 * dayMs, ['C-6.2.1.2-d'], 'A check of age is required, its value left open.'),
    warnBeforeMs: value(14 * dayMs, ['C-6.2.1.2-d'], 'Told in time.'),
  },
  device: {
    bindWithinMs: value(15 * minuteMs, ['B-6.2.2-2'], 'One binding is carried through or started again.'),
    sePinTries: value(6, ['B-7.2-15'], 'The cap is required, its value left open.'),
  },
  message: {
    windowMs: value(5 * minuteMs, ['D-5.6.2-e.2-s1'], 'How far a message’s time may differ.'),
    channelMs: value(10 * minuteMs, ['A-9.2-3'], 'Keys are negotiated again by time …'),
    channelMessages: value(1_000, ['A-9.2-3'], '… and by count.'),
  },
  operations: {
    confirmWithinMs: value(
      10 * minuteMs,
      ['D-5.3.3.4-b'],
      'An operation that is not confirmed in time ends.',
    ),
    leaseMs: value(
      15 * secondMs,
      ['D-5.3.4'],
      'How long one process may work on an operation before another takes over.',
    ),
    firstRequeryMs: value(500, ['D-5.3.4'], 'An unknown outcome is asked for again soon …'),
    longestRequeryMs: value(30 * secondMs, ['D-5.3.4'], '… then more slowly.'),
    resolveWithinMs: value(
      10 * minuteMs,
      ['D-5.3.4'],
      'After this an order the bank has never seen is barred and undone.',
    ),
  },
  limits: {
    premium: value(
      {
        defaultPerOperationFen: 10_000n * yuan,
        defaultPerDayFen: 20_000n * yuan,
        ceilingPerOperationFen: 50_000n * yuan,
        ceilingPerDayFen: 100_000n * yuan,
      },
      ['C-6.3.2-d-s1', 'C-6.3.2-d-s2'],
      'Customers set their own limits under the institution’s ceilings.',
    ),
  },
  insurance: {
    proposalValidMs: value(dayMs, ['D-5.3.3.4-b'], 'A proposal that is not paid within a day ends.'),
  },
  payments: {
    bankTimeoutMs: value(
      3 * secondMs,
      ['D-5.3.4'],
      'After this the outcome counts as unknown and is asked for.',
    ),
  },
  client: {
    newestVersion: value('1.0.0', ['B-7.5.1.4-3'], 'The released version.'),
    oldestFundVersion: value('1.0.0', ['B-7.5.1.4-3'], 'More than one version behind moves no money.'),
  },
})

/** The clauses behind one value, by its path (`otp.digits`). Throws for an unknown path. */
export function clausesOf(path: string): readonly string[] {
  const entry = policyEntries.find((candidate) => candidate.path === path)
  if (entry === undefined) throw new RangeError(`the policy has no value ${path}`)
  return entry.clauses
}
