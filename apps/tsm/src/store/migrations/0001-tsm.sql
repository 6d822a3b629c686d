-- Master keys, wrapped by the key-encryption key: card keys of version n derive from version n.
create table master_key (
  version integer primary key,
  wrapped bytea not null,
  created_at_ms bigint not null
);

create table se_package (
  aid text not null,
  name text not null,
  version integer not null,
  load_file bytea not null,
  hash bytea not null,
  signature bytea not null,
  certificate bytea not null,
  signer text not null,
  modules text[] not null,
  state text not null,
  registered_at_ms bigint not null,
  registered_by text not null,
  activated_by text,
  primary key (aid, version)
);
create unique index se_package_active on se_package (aid) where state = 'active';

create table card (
  card_id text primary key,
  kind text not null,
  holder uuid,
  instance text,
  state text not null,
  -- What is to be done at the next contact.
  card_order text not null default 'none',
  -- The holder reported it lost: whoever binds it again gets it emptied.
  lost boolean not null default false,
  order_reason text,
  -- Version of the master key on the card; 0 while it has only its transport keys.
  key_version integer not null,
  -- Version ‖ ENC ‖ MAC ‖ DEK, sealed; gone after the first contact.
  transport_keys bytea,
  -- Counts the client instances that were given keys.
  client_generation integer not null default 0,
  client_master integer not null default 1,
  client_correlation_id uuid,
  package_aid text,
  package_version integer,
  enrolled_at_ms bigint not null,
  last_contact_at_ms bigint
);
create index card_holder on card (holder);
create index card_instance on card (instance);
create index card_package on card (package_aid, package_version);

-- One conversation with a card. Session keys are not stored: they derive from the card's keys and both challenges.
create table script (
  script_id uuid primary key,
  card_id text,
  holder uuid,
  instance text not null,
  goal text not null,
  correlation_id uuid not null,
  stage text not null,
  batch integer not null,
  progress jsonb not null,
  answer jsonb not null,
  created_at_ms bigint not null,
  changed_at_ms bigint not null
);
create index script_card on script (card_id) where stage not in ('done', 'failed');
create index script_age on script (changed_at_ms);

create table campaign (
  campaign_id uuid primary key,
  name text not null,
  package_aid text not null,
  package_version integer not null,
  state text not null,
  requester text not null,
  approver text,
  paused_by text,
  created_at_ms bigint not null
);
create table campaign_card (
  campaign_id uuid not null,
  card_id text not null,
  state text not null,
  primary key (campaign_id, card_id)
);
create index campaign_card_waiting on campaign_card (card_id) where state = 'waiting';

-- The 17 steps of B-6.1 and what else was done to cards: append only, each record hashed with the one before it.
create table record_pending (
  record_id uuid primary key,
  body text not null
);
create table step_record (
  sequence bigint primary key,
  record_id uuid not null unique,
  correlation_id uuid not null,
  card_id text,
  step integer,
  at_ms bigint not null,
  body text not null,
  previous_hash bytea not null,
  hash bytea not null
);
create index step_record_correlation on step_record (correlation_id, sequence);
create index step_record_card on step_record (card_id, sequence);

-- Nonces of signed calls, kept as long as a call may be old.
create table call_nonce (
  nonce text primary key,
  at_ms bigint not null
);
