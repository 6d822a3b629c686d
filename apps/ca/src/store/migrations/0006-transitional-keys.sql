-- What kind of key it is for, and how much a key of another kind than SM2 is still used: what an operator plans the end of a
-- transition by (A-9.5-7).
alter table certificate add column key_algorithm text not null default 'sm2';
alter table certificate add column uses integer not null default 0;
alter table certificate add column used_at_ms bigint;
create index certificate_transitional on certificate (caller, profile, key_algorithm) where key_algorithm <> 'sm2';
