-- Physical cards as their manufacturer listed them: handed in by one officer, enrolled on another one's word.
create table card_batch (
  batch_id uuid primary key,
  name text not null,
  file_hash bytea not null,
  state text not null,
  cards integer not null,
  requester text not null,
  requested_at_ms bigint not null,
  decided_by text,
  decided_at_ms bigint
);
-- Gone once the batch was decided about.
create table card_batch_line (
  batch_id uuid not null,
  card_id text not null,
  transport_keys bytea not null,
  primary key (batch_id, card_id)
);
