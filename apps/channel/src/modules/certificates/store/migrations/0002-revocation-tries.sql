-- When a revocation was last tried: one that the CA refuses goes to the back and does not hold up the others.
alter table certificate_revocation add column tried_at_ms bigint not null default 0;
create index certificate_revocation_queue on certificate_revocation (tried_at_ms, created_at_ms) where state = 'queued';
