"""What commands ask of a Gough server: each noun a module, its functions the same as in `local`."""
