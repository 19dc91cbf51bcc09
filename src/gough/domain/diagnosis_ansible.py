"""Rules for stage configure: the way to the machine, and what a task of the playbook says.

Sources: ansible-core 2.18 (`plugins/connection/ssh.py`, `executor/task_executor.py`), OpenSSH 9 (`sshconnect.c`).
"""

from gough.domain.diagnosis_rule import OVERDUE, Match, Rule
from gough.domain.timeline import Source

CONFIGURE = frozenset({"configure"})
SSH = "ansible-core plugins/connection/ssh.py: Failed to connect to the host via ssh"
FAILED = Match(Source.ANSIBLE, "^task-failed$")

RULES = (
    Rule(
        "playbook-fails",
        CONFIGURE,
        "A task of the playbook failed on the machine.",
        "Read the task's words in the evidence, mend it on the machine or in the playbook, then retry: the playbook "
        "runs again from its beginning, and changes only what is not as it should be.",
        "ansible-core executor/task_executor.py: failed",
        present=(FAILED,),
    ),
    Rule(
        "ssh-key-refused",
        CONFIGURE,
        "The machine's SSH server does not let Gough's key in.",
        "On the machine: does the account of GOUGH_ANSIBLE_USER exist, and is Gough's key in its authorized_keys? "
        "The user-data's script 92-gough-ansible.sh writes both: /var/log/cloud-init-output.log.",
        f"{SSH}: Permission denied (publickey)",
        present=(Match(Source.ANSIBLE, "^unreachable$", "Permission denied|Too many authentication failures"),),
    ),
    Rule(
        "ssh-host-key-changed",
        CONFIGURE,
        "The machine's SSH host key is another than at the first connection: it may be another machine.",
        "Find out why: a reinstall outside of Gough, one address for two machines, or somebody in between.",
        f"{SSH}: Host key verification failed",
        present=(
            Match(Source.ANSIBLE, "^unreachable$", "Host key verification failed|HOST IDENTIFICATION HAS CHANGED"),
        ),
    ),
    Rule(
        "ssh-unreachable",
        CONFIGURE,
        "Gough does not reach the machine's SSH server, so no playbook runs.",
        "From Gough's host: `ssh` to the address in the evidence. Check the machine's `systemctl status ssh`, its "
        "firewall, the template's ssh_port, and the route; behind a bastion, GOUGH_SSH_CONFIG says the way. The stage "
        "tries again by itself until its deadline; then retry.",
        f"{SSH}: Connection refused, timed out, No route to host",
        present=(Match(Source.ANSIBLE, "^unreachable$"),),
    ),
    Rule(
        "ansible-not-usable",
        CONFIGURE,
        "The process that took the job cannot run playbooks.",
        "Follow the evidence: each process that serves the queue ansible needs GOUGH_ANSIBLE=true, ansible-core "
        "and OpenSSH's client. Then retry.",
        "gough.services.workflow.playing, gough.adapters.ansible",
        present=(Match(Source.GOUGH, "^action-failed$", "Ansible"),),
    ),
    Rule(
        "playbook-not-run",
        CONFIGURE,
        "Nothing has run the playbook: no worker of the queue ansible was free.",
        "Look at `gough job list` and the workers: `gough worker --queue ansible`, or GOUGH_ANSIBLE_PARALLEL where the "
        "server runs playbooks itself.",
        "docs/ansible.md: Who runs playbooks",
        absent=(Match(Source.ANSIBLE, "^play-started$"),),
        absence_in_words="no run of the playbook",
        outcomes=OVERDUE,
    ),
    Rule(
        "playbook-too-slow",
        CONFIGURE,
        "The playbook was still running at the stage's deadline, and was stopped.",
        "See in the timeline how far it came. Retry: it goes on where it was, as nothing is done twice. Where it "
        "always takes so long, give the stage more time: GOUGH_DEADLINES.",
        "ansible-runner: status canceled",
        present=(Match(Source.ANSIBLE, "^play-started$"),),
        outcomes=OVERDUE,
    ),
    Rule(
        "playbook-fails-early",
        CONFIGURE,
        "Ansible ended before any task: the playbook or what it needs is not in order.",
        "The evidence has Ansible's words. `ansible-playbook --syntax-check` finds most of it.",
        "ansible-core cli/playbook.py: status 4 and above, before play",
        present=(Match(Source.ANSIBLE, "^play-ended$", "failed"),),
        absent=(FAILED,),
    ),
)
