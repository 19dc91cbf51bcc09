"""The database: tables, engine, migrations. PostgreSQL, or SQLite for one process and up to 1,000 machines."""
