"""What moves a job: claim it, look at the facts, decide, record, act."""
