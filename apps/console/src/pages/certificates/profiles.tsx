import { staffProfiles, type OutputOf } from '@anqu/contract'
import { Facts, useTexts } from '@anqu/ui'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { DataTable, Drawer, LoadedView, When, type Column } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { approvalTexts } from '../approvals/approval-texts.ts'
import { useUsageText } from '../approvals/parameters-table.tsx'
import { useProfileName } from './certificate-pill.tsx'
import { ProfileChange } from './profile-change.tsx'

export type Profile = OutputOf<typeof staffProfiles>['profiles'][number]

/** What certificates of each kind may do and for how long, the limits of that, and every version there was. */
export const Profiles = () => {
  const { api, place, go } = useConsole()
  const a = useTexts(approvalTexts)
  const profileName = useProfileName()
  const usage = useUsageText()
  const { loaded, reload } = useLoad('profiles', () => api.call(staffProfiles, {}))
  const show = (name?: string) =>
    go({ page: 'certificates', filters: { view: 'profiles', ...(name === undefined ? {} : { open: name }) } })
  const columns: Column<Profile>[] = [
    { title: a('profile'), cell: (row) => <b>{profileName(row.name)}</b> },
    { title: a('validDays'), align: 'end', cell: (row) => row.parameters.validDays },
    { title: a('nearExpiryDays'), align: 'end', cell: (row) => row.parameters.nearExpiryDays },
    { title: a('keyUsage'), cell: (row) => usage(row.parameters.keyUsage) },
    { title: a('version'), align: 'end', cell: (row) => row.version },
    { title: a('since'), cell: (row) => <When atMs={row.sinceMs} /> },
  ]
  return (
    <>
      <p className="aq-field-hint">{a('profilesLead')}</p>
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ profiles }) => {
          const open = profiles.find(({ name }) => name === place.filters['open'])
          return (
            <>
              <DataTable
                label={a('profile')}
                columns={columns}
                rows={profiles}
                rowKey={(row) => row.name}
                empty={a('nothing')}
                onOpen={(row) => show(row.name)}
              />
              {open && <ProfileDrawer key={open.name} profile={open} onClose={() => show()} />}
            </>
          )
        }}
      </LoadedView>
    </>
  )
}

const ProfileDrawer = ({ profile, onClose }: { profile: Profile; onClose: () => void }) => {
  const staff = useStaff()
  const a = useTexts(approvalTexts)
  const profileName = useProfileName()
  const usage = useUsageText()
  const { limits, history } = profile
  const required = limits.requiredKeyUsage
  return (
    <Drawer title={profileName(profile.name)} closeText={a('close')} onClose={onClose}>
      <code className="co-id">{profile.name}</code>
      {staff.role !== 'auditor' && <ProfileChange profile={profile} />}
      <h3>{a('limits')}</h3>
      <Facts
        facts={[
          { label: a('maxValidDays'), value: limits.maxValidDays },
          { label: a('required'), value: required.length === 0 ? a('nothing') : usage(required) },
          { label: a('allowed'), value: usage(limits.allowedKeyUsage) },
        ]}
      />
      <h3>{a('profileHistory')}</h3>
      <ol className="co-story">
        {history.toReversed().map((entry) => (
          <li key={entry.version}>
            <b>
              {a('version')} {entry.version}
            </b>
            <span>
              {a('validDays')} {entry.parameters.validDays} · {a('nearExpiryDays')}{' '}
              {entry.parameters.nearExpiryDays}
            </span>
            <span>{usage(entry.parameters.keyUsage)}</span>
            <When atMs={entry.sinceMs} />
            <code className="co-id">{entry.proposalId ?? a('firstVersion')}</code>
          </li>
        ))}
      </ol>
    </Drawer>
  )
}
