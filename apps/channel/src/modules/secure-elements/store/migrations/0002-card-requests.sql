-- What one member of staff asked for about a card and another one decides.
create table card_request (
  request_id uuid primary key,
  card_id text not null,
  card_order text not null,
  reason text not null,
  requested_by text not null,
  requested_at_ms bigint not null,
  expires_at_ms bigint not null,
  state text not null,
  decided_by text,
  decided_at_ms bigint,
  check (decided_by is null or state = 'rejected' or decided_by <> requested_by)
);
create index card_request_open on card_request (requested_at_ms) where state = 'open';
