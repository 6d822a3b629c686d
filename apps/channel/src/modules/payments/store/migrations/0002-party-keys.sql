-- Public keys of outside parties, pinned at the first contact; a later change is refused, never taken over.
create table party_key (
  party text primary key,
  public_key bytea not null,
  pinned_at_ms bigint not null
);
