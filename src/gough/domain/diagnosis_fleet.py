"""Rules for stage security: Fleet's server, osquery on the machine, and what its policies find.

Sources: Fleet's REST API (hosts, policies), osquery's remote API (enroll), docs/fleet.md.
"""

from gough.domain.diagnosis_rule import OVERDUE, Match, Rule
from gough.domain.timeline import Source

SECURITY = frozenset({"security"})
FLEET_API = "https://fleetdm.com/docs/rest-api/rest-api"
OSQUERY = "https://osquery.readthedocs.io/en/stable/deployment/remote/"
ENROLLED = Match(Source.FLEET, "^enrolled$")

RULES = (
    Rule(
        "critical-policy-fails",
        SECURITY,
        "osquery has enrolled, and a critical policy fails on the machine, so it is kept out of service.",
        "Follow the policy's resolution on the machine, then press Refetch on the host's page in Fleet: the stage ends "
        "by itself when every critical policy passes. Which are critical is said by the pack that they came from: "
        "import one of your own to change that.",
        f"{FLEET_API}#get-host: policies[].response fail",
        present=(Match(Source.FLEET, "^policy-fails$"),),
    ),
    Rule(
        "fleet-host-unclear",
        SECURITY,
        "Fleet has a host that might be this machine, but its UUID, serial number and hostname contradict each other.",
        "The evidence says what contradicts. Delete the host in Fleet that is not this machine, or correct its "
        "hostname.",
        "docs/fleet.md: Which machine a host is",
        present=(Match(Source.FLEET, "^host-unclear$"),),
        absent=(ENROLLED,),
    ),
    Rule(
        "fleet-refuses",
        SECURITY,
        "Fleet answers Gough with a refusal, so nobody knows whether the machine enrolled.",
        "Give Gough a valid token of an API-only admin: `gough fleet server add` after `gough fleet server remove`.",
        f"{FLEET_API}#authentication: 401, 403",
        present=(Match(Source.FLEET, "^server-refuses$"),),
        absent=(ENROLLED,),
    ),
    Rule(
        "fleet-down",
        SECURITY,
        "Fleet does not answer, so osquery cannot enrol and nobody knows the machine's policies.",
        "Start Fleet, or check the address with `gough fleet server test`. The stage ends by itself once the machine "
        "has enrolled.",
        f"{FLEET_API}: no answer",
        present=(Match(Source.FLEET, "^server-down$"),),
        absent=(ENROLLED,),
    ),
    Rule(
        "policies-not-answered",
        SECURITY,
        "osquery has enrolled, but has not answered the critical policies.",
        "On the machine: `journalctl -u osqueryd`. In Fleet: press Refetch on the host's page, and look whether the "
        "policy's query runs on this platform.",
        f"{OSQUERY}: distributed_read, distributed_write",
        present=(ENROLLED,),
        outcomes=OVERDUE,
    ),
    Rule(
        "osquery-not-set-up",
        SECURITY,
        "The machine never asked Gough for Fleet's enroll secret, so osquery was not set up on it.",
        "On the machine: `systemctl status gough-osquery` and /var/log/cloud-init-output.log: osquery comes from a "
        "package source of the machine's, or from the package in Gough's GOUGH_AGENT_DIR.",
        "docs/fleet.md: How osquery gets onto machines",
        absent=(Match(Source.FLEET, "^secret-given$"),),
        absence_in_words="no request for Fleet's enroll secret",
        outcomes=OVERDUE,
    ),
    Rule(
        "osquery-never-enrols",
        SECURITY,
        "osquery was given Fleet's enroll secret and never enrolled.",
        "On the machine: `systemctl status osqueryd` and `journalctl -u osqueryd`; check that it reaches Fleet's "
        "address and trusts its certificate (/etc/osquery/osquery.flags). Then retry: the stage waits again.",
        f"{OSQUERY}: enroll",
        present=(Match(Source.FLEET, "^secret-given$"),),
        outcomes=OVERDUE,
    ),
)
