"""What drives the jobs: an executor that claims due ones, followers of MAAS, and the duties that recur."""
