-- Double entry in 分. Postings are never updated or deleted; an error is put right by a transfer the other way.
create table ledger_account (
  account text primary key,
  currency text not null,
  balance_fen bigint not null
);

create table ledger_transfer (
  transfer_id uuid primary key,
  idempotency_key text not null unique,
  correlation_id uuid not null,
  memo text not null,
  at_ms bigint not null
);
create index ledger_transfer_correlation on ledger_transfer (correlation_id);

create table ledger_posting (
  transfer_id uuid not null,
  leg integer not null,
  account text not null,
  amount_fen bigint not null,
  at_ms bigint not null,
  primary key (transfer_id, leg)
);
create index ledger_posting_account on ledger_posting (account, at_ms);
