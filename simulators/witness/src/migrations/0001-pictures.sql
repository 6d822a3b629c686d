create table picture (
  picture_id uuid primary key,
  kind text not null,
  shows text not null,
  at_ms int8 not null
);
create index picture_at on picture (at_ms);
