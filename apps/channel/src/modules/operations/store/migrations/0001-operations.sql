create table operation (
  operation_id uuid primary key,
  account_id uuid not null,
  device_id uuid not null,
  type text not null,
  state text not null,
  -- What the caller's key was first used for; the same key for something else is refused.
  idempotency_key text not null,
  input_digest text not null,
  facts text not null,
  order_bytes bytea not null,
  payee text not null,
  amount_fen bigint not null,
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  finished_at_ms bigint,
  reason text,
  -- Backward: the saga is undoing what it did.
  direction text not null default 'forward',
  certificate_serial text,
  signature bytea,
  receipt bytea,
  receipt_signature bytea,
  receipt_certificate bytea,
  attempts integer not null default 0,
  -- Who works on it may do so until then; afterwards anybody may take it over (a process that died holds nothing).
  lease_until_ms bigint not null default 0,
  unique (account_id, idempotency_key)
);
create index operation_account on operation (account_id, created_at_ms desc);
create index operation_open on operation (lease_until_ms) where state in ('authorised', 'executing', 'unknown');
create index operation_waiting on operation (expires_at_ms) where state in ('prepared', 'challenged');
create index operation_created on operation (created_at_ms desc, operation_id desc);

create table operation_transition (
  operation_id uuid not null,
  number integer not null,
  from_state text not null,
  to_state text not null,
  at_ms bigint not null,
  why text not null,
  primary key (operation_id, number)
);

create table operation_step (
  operation_id uuid not null,
  position integer not null,
  step text not null,
  state text not null,
  attempts integer not null,
  result text,
  updated_at_ms bigint not null,
  primary key (operation_id, position)
);
