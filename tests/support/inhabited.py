"""A Gough where everything is at least once: for tests that ask every operation and want a real answer."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from gough.cloud_init import Texts
from gough.domain.permissions import GRANTS, Role
from gough.domain.stages import JobKind
from gough.domain.waves import Limits
from gough.domain.windows import Window
from gough.persistence.models import Deployment
from gough.services import api_keys, bulk, lifecycle, regions, template_editing, users, windows
from gough.services.api_keys import Wish
from gough.services.templates import find_version
from tests.support.site import MAAS_URL, Credentials, Site

PASSWORD = "a long pass phrase of somebody"
PLAIN = {"metadata": "name: plain\nseries: noble\n", "body": "#cloud-config\nfinal_message: replaced\n"}
FREE = (
    "machines_deploy", "machines_commission", "machines_test", "enlisting_delete", "operations_change",
    "operations_mark_broken", "adoption_adopt",
)  # fmt: skip
"""Operations that get a Ready machine each; the others ask the one in service."""


@dataclass
class Inhabited:
    """`parts`: {operationId, or the resource's name: {part of its path: an id}}. `bodies` by operationId.

    `agents`: two that report, by id; both have the same kind of key, `key_of(id)`.
    """

    site: Site
    parts: dict[str, dict[str, str]] = field(default_factory=dict)
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    agents: list[str] = field(default_factory=list)

    def key_of(self, agent_id: str) -> str:
        return f"key of agent {self.agents.index(agent_id)}"

    def settle_in(self) -> None:
        self._machines()
        self._work()
        self._people()
        self._rest()

    def two_agents(self) -> str:
        """Two machines in service; the job id of the second."""
        site = self.site
        for number in range(2):
            system_id, job_id = site.deploying(f"web-{number}")
            held = site.installs(system_id)
            site.first_boot(held)
            self.agents.append(site.enrols(held, f"key of agent {number}"))
            site.beats(self.agents[number], 1, f"key of agent {number}")
            site.settle()
        return job_id

    def _machines(self) -> None:
        site, job_id = self.site, self.two_agents()
        self.parts["machines"] = {"name": site.job(job_id).machine_id}
        self.parts["jobs"] = {"job_id": job_id}
        with site.database.read() as session:
            found = session.scalars(select(Deployment).where(Deployment.job_id == job_id)).one()
            self.parts["deployments"] = {"deployment_id": found.id}
        self.parts["agents"] = {"agent_id": self.agents[0]}
        self.parts["machines_release"] = {"name": "web-0"}
        for name in FREE:
            site.ready(name.replace("_", "-"))
            self.parts[name] = {"name": name.replace("_", "-")}

    def _work(self) -> None:
        site, use = self.site, self.site.use
        waiting = site.ready("waiting")
        job = lifecycle.commission(use, waiting, by="ada")
        self.parts["jobs_cancel"] = {"job_id": job.id}
        order = bulk.Order(JobKind.TEST, [site.machine(site.ready("one-of-many")).id], Limits(1, 1))
        self.parts["bulk"] = {"bulk_id": bulk.begin(use, order, by="ada").id}
        self.bodies["bulk_begin"] = {
            "action": "test", "ids": [site.machine(site.ready("one-more")).id], "dry_run": True,
        }  # fmt: skip
        system_id, _ = site.deploying("enrolling")
        held: Credentials = site.installs(system_id)
        self.parts["reports"] = {"token": held.report}
        self.bodies["agents_enroll"] = {"enrolment_token": held.enrol, "key_hash": "1" * 64}
        self.bodies["machines_deploy"] = {"template": "plain"}

    def _people(self) -> None:
        use = self.site.use
        for name in ("somebody", "leaver"):
            user, _ = users.create(use, name, Role.VIEWER)
        self.parts["users"], self.parts["users_remove"] = {"name": "somebody"}, {"name": "leaver"}
        for operation in ("api_keys_revoke", "api_keys_rotate"):
            key, _ = api_keys.create(use, user.id, Wish(operation, GRANTS[Role.VIEWER]))
            self.parts[operation] = {"key_id": key.id}
        users.redeem(use, users.reset_password(use, "somebody"), PASSWORD)
        self.bodies["auth_login"] = {"name": "somebody", "password": PASSWORD}
        self.bodies["users_create"] = {"name": "newcomer", "role": "viewer"}

    def _rest(self) -> None:
        site, use = self.site, self.site.use
        for name in ("weekend", "spare"):
            windows.add(use, Window(name, (5, 6), "22:00", 240, "UTC"), {"tag": ["nothing-has-it"]}, by="ada")
        self.parts["maintenance-windows"], self.parts["windows_remove"] = {"name": "weekend"}, {"name": "spare"}
        self.bodies["windows_add"] = {"name": "night", "days": ["sun"], "start": "01:00", "minutes": 60}
        regions.add(use, "spare", MAAS_URL, site.region.api_key)
        self.parts["regions"], self.parts["regions_remove"] = {"name": "lab"}, {"name": "spare"}
        self.bodies["regions_add"] = {"name": "third", "url": MAAS_URL, "api_key": site.region.api_key}
        self.bodies["regions_change"] = {"max_in_flight": 5}
        self._templates()
        self.bodies["enlisting_enlist"] = {
            "region": "lab", "architecture": "amd64/generic", "mac_addresses": ["52:54:00:ee:ee:01"],
        }  # fmt: skip
        folder = use.settings.data_dir / "agent"
        folder.mkdir(exist_ok=True)
        (folder / "gough-agent-linux-x86_64.tar.gz").write_bytes(b"archive")

    def _templates(self) -> None:
        use = self.site.use
        for text in ("one", "two"):
            for name in ("spare", "diary"):
                content = {"metadata": f"name: {name}\n", "body": f"#cloud-config\nfinal_message: {text}\n"}
                template_editing.create(use, Texts(content["metadata"], content["body"], {}, ""), by="ada")
        with use.database.read() as session:
            assert find_version(session, "diary").label == "diary@2"
        self.parts |= {
            "templates": {"name": "plain"}, "templates_archive": {"name": "spare"},
            "templates_revert": {"name": "diary"},
        }  # fmt: skip
        self.bodies |= {
            "templates_replace": PLAIN, "templates_create": {"metadata": "name: fresh\n", "body": PLAIN["body"]},
            "templates_validate": PLAIN, "template_uses_render": {"machine": "waiting"},
            "templates_revert": {"version": 1},
        }  # fmt: skip

    def fill(self, described: dict[str, Any]) -> None:
        """The description with real ids in its addresses, and bodies that fit what there is."""
        for ways in described["paths"].values():
            for each in ways.values():
                name, resource = each["operationId"], each["tags"][0]
                for part in each["parameters"]:
                    value = self.parts.get(name, self.parts.get(resource, {})).get(part["name"])
                    if part["in"] == "path" and value:
                        part["example"] = value
                        part["schema"] = {"type": "string", "enum": [value]}
                content = each.get("requestBody", {}).get("content", {})
                if name in self.bodies:
                    content["application/json"]["example"] = self.bodies[name]
                content.pop("text/csv", None)  # the one body that the asking program cannot write
