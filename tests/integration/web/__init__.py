"""The web layer over real HTTP messages, on a fresh SQLite database."""
