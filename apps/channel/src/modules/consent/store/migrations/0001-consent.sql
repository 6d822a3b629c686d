create table consent (
  consent_id uuid primary key,
  client_key_id text not null,
  account_id uuid,
  notice_version text not null,
  decision text not null,
  purposes text[] not null,
  at_ms bigint not null
);
create index consent_account on consent (account_id, at_ms desc);
create index consent_client on consent (client_key_id, at_ms desc);
