-- Counted apart per factor and per place, so that a stranger cannot lock a customer out of a bound device (A-6.8-5, A-6.8-6).
create table failure_counter (
  subject text not null,
  scope text not null,
  consecutive integer not null,
  lock_level integer not null,
  day_started_at_ms bigint not null,
  day_count integer not null,
  cumulative integer not null,
  locked_until_ms bigint not null,
  primary key (subject, scope)
);

create table password (
  subject text not null,
  kind text not null,
  -- Memory-hard hash, sealed: a stolen table alone cannot even be guessed at (B-7.6-10).
  sealed_hash bytea not null,
  changed_at_ms bigint not null,
  must_change boolean not null,
  primary key (subject, kind)
);

create table otp (
  otp_id uuid primary key,
  purpose text not null,
  -- What else the code is for: account, order with amount and payee, or registration phone.
  binding text not null,
  phone_lookup text not null,
  code_digest text not null,
  tries integer not null,
  state text not null,
  created_at_ms bigint not null,
  expires_at_ms bigint not null
);
create index otp_sent on otp (phone_lookup, created_at_ms desc);
