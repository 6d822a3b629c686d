-- One way of an application from its download to its first transaction (B-6.1), under the binding's id.
create table se_flow (
  correlation_id uuid primary key,
  account_id uuid not null,
  client_key_id text not null,
  state text not null,
  -- The first operation signed by the device; its steps end the flow.
  operation_id uuid unique,
  created_at_ms bigint not null
);
create index se_flow_open on se_flow (account_id) where state = 'bound';

-- Steps on their way to the TSM's records.
create table se_step_report (
  report_id uuid primary key,
  body jsonb not null
);

-- Cards to be locked: on their way to the TSM.
create table se_lost (
  lost_id uuid primary key,
  account_id uuid not null,
  client_key_id text not null,
  reason text not null,
  correlation_id uuid not null
);
