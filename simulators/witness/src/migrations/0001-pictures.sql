create table picture (
  picture_id text primary key,
  kind text not null,
  content jsonb not null,
  expires_at_ms int8 not null
);

create index picture_by_end on picture (expires_at_ms);
