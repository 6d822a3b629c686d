-- A record is first durable here, in the transaction of the effect it tells of, and is then sealed into its chain.
create table audit_pending (
  record_id uuid primary key,
  body text not null
);

-- `body` is the canonical record and the only thing the hash covers; the columns beside it serve the search alone.
create table audit_record (
  chain text not null,
  sequence bigint not null,
  record_id uuid not null unique,
  at_ms bigint not null,
  subject text not null,
  event text not null,
  outcome text not null,
  correlation_id text not null,
  body text not null,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (chain, sequence)
);
create index audit_record_at on audit_record (at_ms desc, record_id desc);
create index audit_record_subject on audit_record (subject, at_ms desc);
create index audit_record_correlation on audit_record (correlation_id, at_ms desc);

create table audit_head (
  chain text primary key,
  sequence bigint not null,
  hash bytea not null
);

-- A head signed by the server: a chain that was cut short or rewritten no longer fits its last signature.
create table audit_signature (
  chain text not null,
  sequence bigint not null,
  hash bytea not null,
  at_ms bigint not null,
  signature bytea not null,
  certificate bytea not null,
  primary key (chain, sequence)
);
