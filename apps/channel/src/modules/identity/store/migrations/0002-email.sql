-- Given by choice, for warnings; sealed like every personal value.
alter table account add column email_sealed bytea;
