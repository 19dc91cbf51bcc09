-- Safe to repeat. The password comes from its file, and is not shown in the log.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
\set password `cat /run/secrets/gough_db_password`
SELECT 'CREATE ROLE gough LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gough') \gexec
ALTER ROLE gough LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
SELECT 'CREATE DATABASE management OWNER gough' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'management') \gexec
\connect management
-- gough does not own the public schema's database template; pg_trgm is trusted, so that its migrations may make it.
ALTER SCHEMA public OWNER TO gough;
REVOKE ALL ON DATABASE management FROM PUBLIC;
GRANT ALL ON DATABASE management TO gough;
