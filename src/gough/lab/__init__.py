"""The laptop lab: test equipment that speaks the real protocols."""
