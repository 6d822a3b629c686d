create table certificate (
  serial text primary key,
  account_id uuid not null,
  device_id uuid not null,
  certificate bytea not null,
  issued_at_ms bigint not null,
  expires_at_ms bigint not null,
  state text not null
);
create index certificate_account on certificate (account_id);

-- A revocation outlives a CA that is down: it is sent until it was taken.
create table certificate_revocation (
  serial text primary key,
  reason text not null,
  correlation_id text not null,
  state text not null,
  created_at_ms bigint not null
);
