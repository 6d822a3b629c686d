create table certificate (
  serial text primary key,
  profile text not null,
  -- The registration of B-7.3.1.2: account, holder and terminal behind this serial. Empty for server certificates.
  account_id uuid,
  holder text,
  terminal_id uuid,
  caller text not null,
  idempotency_key text not null,
  request_digest bytea not null,
  public_key bytea not null,
  der bytea not null,
  state text not null,
  reason text,
  not_before_ms bigint not null,
  not_after_ms bigint not null,
  issued_at_ms bigint not null,
  revoked_at_ms bigint,
  correlation_id text not null,
  unique (caller, idempotency_key)
);
create index certificate_account on certificate (account_id);
create index certificate_key on certificate (public_key);

create table ca_event (
  event_id uuid primary key,
  at_ms bigint not null,
  event text not null,
  caller text not null,
  serial text,
  outcome text not null,
  correlation_id text not null
);
create index ca_event_correlation on ca_event (correlation_id);

-- Nonces of signed calls, kept as long as a call may be old.
create table call_nonce (
  nonce text primary key,
  at_ms bigint not null
);
