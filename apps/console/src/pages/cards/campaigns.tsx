import { staffCampaigns, staffDecideCampaign, type InputOf, type OutputOf } from '@anqu/contract'
import { Button, Notice, PageState, Pill, useTexts, type Tone } from '@anqu/ui'
import { useConsole, useStaff } from '../../app/console-context.tsx'
import { LoadedView, ProblemNotice, When } from '../../features/parts.tsx'
import { useLoad } from '../../features/use-load.ts'
import { useTask } from '../../features/use-task.ts'
import { cardTexts } from './card-texts.ts'
import { FailedCards } from './failed-cards.tsx'

type Campaign = OutputOf<typeof staffCampaigns>['campaigns'][number]
type Decision = InputOf<typeof staffDecideCampaign>['decision']
const pageLength = 20
const tones: Readonly<Record<Campaign['state'], Tone>> = {
  proposed: 'warn',
  running: 'info',
  paused: 'warn',
  finished: 'good',
  rejected: 'danger',
  cancelled: 'plain',
}
const words = {
  approve: 'approve',
  reject: 'reject',
  pause: 'pause',
  resume: 'resume',
  cancel: 'stop',
} as const satisfies Record<Decision, keyof typeof cardTexts.zh>

/** What may be decided in each state; who proposed only stops. */
const possible: Readonly<Record<Campaign['state'], readonly Decision[]>> = {
  proposed: ['approve', 'reject', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  finished: [],
  rejected: [],
  cancelled: [],
}

export const Campaigns = () => {
  const { api, place, go } = useConsole()
  const k = useTexts(cardTexts)
  const cursor = place.filters['cursor']
  const { loaded, reload } = useLoad(`campaigns-${cursor ?? ''}`, () =>
    api.call(staffCampaigns, { limit: pageLength, ...(cursor === undefined ? {} : { cursor }) }),
  )
  return (
    <LoadedView loaded={loaded} onRetry={reload}>
      {({ campaigns, nextCursor }) => (
        <div className="co-proposals">
          {campaigns.length === 0 && (
            <PageState icon="info" title={k('noCampaigns')}>
              {k('noCampaignsText')}
            </PageState>
          )}
          {campaigns.map((campaign) => (
            <CampaignCard key={campaign.campaignId} campaign={campaign} onDecided={reload} />
          ))}
          {nextCursor !== null && (
            <div className="co-actions">
              <Button
                look="secondary"
                onPress={() => go({ page: 'cards', filters: { view: 'campaigns', cursor: nextCursor } })}
              >
                {k('next')}
              </Button>
            </div>
          )}
        </div>
      )}
    </LoadedView>
  )
}

const CampaignProgress = ({ name, progress }: Pick<Campaign, 'name' | 'progress'>) => {
  const k = useTexts(cardTexts)
  return (
    <div className="co-campaign">
      <progress max={Math.max(1, progress.cards)} value={progress.done} aria-label={name} />
      <span className="co-pills">
        <Pill tone="plain">{k('countWaiting', { count: progress.waiting })}</Pill>
        <Pill tone="info">{k('countUnderWay', { count: progress.underWay })}</Pill>
        <Pill tone="good">{k('countDone', { count: progress.done })}</Pill>
        <Pill tone={progress.failed > 0 ? 'danger' : 'plain'}>
          {k('countFailed', { count: progress.failed })}
        </Pill>
      </span>
    </div>
  )
}

const CampaignCard = ({ campaign, onDecided }: { campaign: Campaign; onDecided: () => void }) => {
  const { api } = useConsole()
  const staff = useStaff()
  const k = useTexts(cardTexts)
  const { busy, problem, run } = useTask()
  const { campaignId, state, own, progress, approvedBy } = campaign
  const decide = (decision: Decision) =>
    run(async () => {
      await api.call(staffDecideCampaign, { campaignId, decision })
      onDecided()
    })
  const decisions = possible[state].filter(
    (decision) => !(own && (decision === 'approve' || decision === 'reject')),
  )
  return (
    <article className="co-panel co-proposal">
      <header>
        <h2>{campaign.name}</h2>
        <Pill tone={tones[state]}>{k(state)}</Pill>
      </header>
      <p className="co-byline">
        <span>{k('requestedBy', { name: campaign.requestedBy.name })}</span>
        <When atMs={campaign.createdAtMs} />
        {approvedBy !== null && <span>{k('approvedBy', { name: approvedBy.name })}</span>}
        <span>
          {k('version')} {campaign.version}
        </span>
      </p>
      <CampaignProgress name={campaign.name} progress={progress} />
      {progress.failed > 0 && <FailedCards campaign={campaign} onRetried={onDecided} />}
      {problem && <ProblemNotice problem={problem} />}
      {own && state === 'proposed' && <Notice tone="info">{k('ownCampaign')}</Notice>}
      {staff.role !== 'auditor' && decisions.length > 0 && (
        <div className="co-actions">
          {decisions.map((decision) => (
            <Button
              key={decision}
              busy={busy}
              look={decision === 'approve' || decision === 'resume' ? 'primary' : 'secondary'}
              onPress={() => void decide(decision)}
            >
              {k(words[decision])}
            </Button>
          ))}
        </div>
      )}
    </article>
  )
}
