create table app_release (
  release_id text primary key,
  version text not null,
  released_at_ms bigint not null,
  first_seen_ms bigint not null
);
