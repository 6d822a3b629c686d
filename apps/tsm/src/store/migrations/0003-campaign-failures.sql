-- A card of a campaign is waiting, under way, done or failed; of a failed one the reason is kept.
alter table campaign_card add column reason text;
alter table campaign_card add column attempts integer not null default 0;
alter table campaign_card add column last_attempt_at_ms bigint;
drop index campaign_card_waiting;
create index campaign_card_open on campaign_card (card_id) where state in ('waiting', 'under-way');
create index campaign_card_failed on campaign_card (campaign_id, card_id) where state = 'failed';

-- What a card gets at its next contact: of a running campaign, and only while its version is released.
create view campaign_open as
  select c.campaign_id, w.card_id, c.package_aid, c.package_version
  from campaign_card w join campaign c using (campaign_id)
    join se_package p on p.aid = c.package_aid and p.version = c.package_version
  where w.state in ('waiting', 'under-way') and c.state = 'running' and p.state = 'active';
