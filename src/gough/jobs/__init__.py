"""What drives the jobs: an executor that claims due ones, and the duties that recur."""
