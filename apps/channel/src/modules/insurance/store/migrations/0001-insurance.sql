create table insurance_proposal (
  proposal_id uuid primary key,
  account_id uuid not null,
  idempotency_key text not null,
  product_id text not null,
  terms_version text not null,
  terms_digest text not null,
  units integer not null,
  premium_fen bigint not null,
  cover_fen bigint not null,
  start_date text not null,
  end_date text not null,
  -- Beneficiary, sealed under the customer's key.
  beneficiary bytea not null,
  state text not null,
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  unique (account_id, idempotency_key)
);

create table insurance_policy (
  policy_id uuid primary key,
  policy_number text not null unique,
  proposal_id uuid not null unique,
  account_id uuid not null,
  product_id text not null,
  premium_fen bigint not null,
  cover_fen bigint not null,
  start_date text not null,
  end_date text not null,
  state text not null,
  issued_at_ms bigint not null
);
create index insurance_policy_account on insurance_policy (account_id, issued_at_ms desc);
create index insurance_policy_issued on insurance_policy (issued_at_ms);
