"""What commands do with the database of this host: each noun a module, its functions the same as in `remote`."""
