"""The queues that jobs wait in, and which action wants which."""

from collections.abc import Mapping

from gough.domain.stages import Action

DEFAULT, ANSIBLE = "default", "ansible"
QUEUE_OF: Mapping[Action, str] = {Action.RUN_PLAYBOOK: ANSIBLE}
"""What is not named is done wherever the job is."""
