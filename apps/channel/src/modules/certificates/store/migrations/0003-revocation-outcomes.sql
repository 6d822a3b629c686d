-- What the CA is told (RFC 5280 section 5.3.1) and who asked: orders from before knew neither.
alter table certificate_revocation add column crl_reason text not null default 'unspecified';
alter table certificate_revocation add column requested_by text not null default 'channel';
-- Set when the CA refuses for good (state 'refused'): nothing tries again, and staff see it.
alter table certificate_revocation add column refusal text;
alter table certificate_revocation add column settled_at_ms bigint;
create index certificate_revocation_refused on certificate_revocation (settled_at_ms) where state = 'refused';
