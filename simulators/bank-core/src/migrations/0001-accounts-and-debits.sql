create table bank_secret (
  id int4 primary key check (id = 1),
  signing_key bytea not null,
  owner_key bytea not null
);

create table channel_key (
  channel_id text primary key,
  public_key bytea not null,
  registered_at_ms int8 not null
);

create table account (
  token text primary key,
  owner_hash bytea not null unique,
  masked text not null,
  balance_fen int8 not null check (balance_fen >= 0),
  opened_at_ms int8 not null
);

create table debit (
  channel_id text not null,
  idempotency_key text not null,
  account_token text,
  amount_fen int8 not null,
  payee_account text not null,
  purpose text not null,
  outcome text not null check (outcome in ('done', 'refused', 'reversed', 'barred')),
  reason text,
  bank_reference text not null,
  at_ms int8 not null,
  reversed_at_ms int8,
  primary key (channel_id, idempotency_key)
);

create index debit_by_payee on debit (payee_account, at_ms);
