-- What staff decide about an operation in doubt: one proposes, another decides, and the saga carries it out.
create table operation_settlement (
  settlement_id uuid primary key,
  operation_id uuid not null,
  -- The step whose outcome is in doubt; no other is touched.
  step text not null,
  kind text not null,
  -- How the bank calls what it did; null when it did nothing.
  bank_reference text,
  reason text not null,
  state text not null,
  proposed_by uuid not null,
  proposed_at_ms bigint not null,
  expires_at_ms bigint not null,
  decided_by uuid,
  decided_at_ms bigint
);
create unique index operation_settlement_open on operation_settlement (operation_id) where state = 'open';
create index operation_settlement_history on operation_settlement (operation_id, proposed_at_ms);
