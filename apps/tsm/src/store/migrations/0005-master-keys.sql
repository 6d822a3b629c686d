-- A renewal of the master key takes two people; a version no card uses any more loses its key.
alter table master_key alter column wrapped drop not null;
alter table master_key add column requested_by text;
alter table master_key add column approved_by text;
alter table master_key add column retired_at_ms bigint;
create table key_renewal (
  renewal_id uuid primary key,
  reason text not null,
  state text not null,
  requester text not null,
  requested_at_ms bigint not null,
  decided_by text,
  version integer
);
create unique index key_renewal_open on key_renewal (state) where state = 'proposed';
-- Version that went out to the card and that it may have taken: its answer has not arrived.
alter table card add column key_offered integer;
create index card_key_version on card (key_version);
create index card_key_offered on card (key_offered) where key_offered is not null;
