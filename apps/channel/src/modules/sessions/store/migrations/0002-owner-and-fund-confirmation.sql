-- One row a customer, locked while a session is opened: log-ins at the same time follow each other.
create table session_owner (
  account_id uuid primary key
);

-- Set once a session idled longer than the limit where money moves: what else is done meanwhile does not renew it.
alter table session add column must_confirm_funds boolean not null default false;
