import { staffProposals } from '@anqu/contract'
import { Button, PageState, useTexts } from '@anqu/ui'
import { useConsole } from '../../app/console-context.tsx'
import { LoadedView } from '../../features/parts.tsx'
import { Tabs } from '../../features/tabs.tsx'
import { useLoad } from '../../features/use-load.ts'
import { approvalTexts } from './approval-texts.ts'
import { ProposalCard } from './proposal-card.tsx'

const pageLength = 20

export const ApprovalsPage = () => {
  const { api, place, go } = useConsole()
  const a = useTexts(approvalTexts)
  const which = place.filters['which'] === 'all' ? 'all' : 'open'
  const { cursor } = place.filters
  const { loaded, reload } = useLoad(`approvals-${which}-${cursor}`, () =>
    api.call(staffProposals, { ...(which === 'open' ? { state: 'open' } : {}), cursor, limit: pageLength }),
  )
  const show = (name: string, next?: string) =>
    go({
      page: 'approvals',
      filters: { ...(name === 'all' ? { which: 'all' } : {}), ...(next ? { cursor: next } : {}) },
    })
  return (
    <>
      <div className="co-heading">
        <h1>{a('approvals')}</h1>
        <Button look="secondary" onPress={reload}>
          {a('refresh')}
        </Button>
      </div>
      <Tabs
        label={a('filter')}
        tabs={[
          { name: 'open', text: a('open') },
          { name: 'all', text: a('all') },
        ]}
        current={which}
        onChoose={(name) => show(name)}
      />
      <LoadedView loaded={loaded} onRetry={reload}>
        {({ proposals, nextCursor }) => (
          <>
            {proposals.length === 0 && (
              <PageState icon="shield-check" title={a(which === 'open' ? 'noneOpen' : 'noneAll')}>
                {a('noneOpenText')}
              </PageState>
            )}
            <div className="co-proposals">
              {proposals.map((proposal) => (
                <ProposalCard key={proposal.proposalId} proposal={proposal} onDecided={reload} />
              ))}
            </div>
            <div className="co-actions">
              {cursor !== undefined && (
                <Button look="quiet" onPress={() => show(which)}>
                  {a('first')}
                </Button>
              )}
              {nextCursor !== null && (
                <Button look="secondary" onPress={() => show(which, nextCursor)}>
                  {a('next')}
                </Button>
              )}
            </div>
          </>
        )}
      </LoadedView>
    </>
  )
}
