"""Pure data and decisions. Standard library only; nothing here does anything."""
