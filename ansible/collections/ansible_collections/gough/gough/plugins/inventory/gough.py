# Copyright: The Gough authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gough's machines as an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gough
short_description: Servers that Gough manages
version_added: 0.1.0
author: The Gough authors (@gough)
description:
  - Reads machines from a Gough server, in pages of 200, and groups them.
  - The file's name has to end in C(gough.yml) or C(gough.yaml).
  - A machine is known by its hostname; where two of them have the same one, each of these by its id.
extends_documentation_fragment:
  - constructed
  - inventory_cache
options:
  plugin:
    description: The name of this plugin.
    required: true
    choices: [gough.gough.gough]
  url:
    description: Address of the Gough server.
    type: str
    required: true
    env: [{name: GOUGH_URL}]
  token:
    description: An API key with the scope C(view). It may be a template, for a lookup.
    type: str
    required: true
    env: [{name: GOUGH_TOKEN}]
  ca_path:
    description: PEM file of the certificate authority that signed the server's certificate.
    type: path
    env: [{name: GOUGH_CA_FILE}]
  timeout:
    description: Seconds one request may take.
    type: int
    default: 30
  filters:
    description:
      - Which machines, by the filters of C(GET /api/v1/machines); a value or a list of them each.
      - Only an installed machine can be reached, so the default is those that MAAS calls deployed.
    type: dict
    default: {status: [deployed]}
  search:
    description: A text that the machine's name, addresses, serial or tags contain.
    type: str
    default: ''
  networks:
    description:
      - Networks in CIDR form that C(ansible_host) should be of, the first before the second.
      - An address of none of them is taken where there is no other; without an address, the hostname is.
    type: list
    elements: str
    default: []
  groups_by:
    description: What groups are made by. C(template) costs a request for each 200 deployments.
    type: list
    elements: str
    choices: [template, tag, pool, zone, region, site, rack, service]
    default: [template, tag, pool, zone, region, site]
  template_variables:
    description:
      - Also read what each machine's template was given, as C(gough_template_variables). One more request a machine.
      - Secret ones are left out; Gough does not show them.
    type: bool
    default: false
"""

EXAMPLES = r"""
# lab.gough.yml, with GOUGH_URL and GOUGH_TOKEN in the environment
plugin: gough.gough.gough

# Of one site, by the address of one network, and with groups of one's own
---
plugin: gough.gough.gough
url: https://gough.example.net
token: "{{ lookup('ansible.builtin.file', '~/.gough.key') }}"
filters:
  service: [in_service, attention]
  site: [oslo]
networks: [10.20.0.0/16]
keyed_groups:
  - key: gough_architecture
    prefix: arch
groups:
  large: gough_memory_mib >= 262144
compose:
  ansible_user: "'gough-admin'"
"""

import ipaddress
from collections import Counter

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.gough.gough.plugins.module_utils.api import ApiError, api_of, path

RAN = ("running", "failed", "done")  # states of a deployment whose template may be what is on the disk
ON_DISK = ("Deployed", "Deploying", "Failed deployment")
SECRET = "***"
NAMED = (
    "system_id",
    "hostname",
    "service",
    "status",
    "power_state",
    "reason",
    "pool",
    "zone",
    "region",
    "site",
    "rack",
    "tags",
)
MORE = ("architecture", "cpu_count", "memory_mib", "ip_addresses", "locked", "owner")
FIELDS = ("id", *NAMED, *MORE)


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "gough.gough.gough"

    def verify_file(self, path):
        return super().verify_file(path) and path.endswith(("gough.yml", "gough.yaml"))

    def parse(self, inventory, loader, path, cache=True):
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        try:
            machines = self._remembered(self.get_cache_key(path), cache)
        except ApiError as error:
            raise AnsibleParserError("Gough's machines cannot be listed. %s" % error) from error
        self._fill(machines)

    def _remembered(self, key, cache):
        """What the API says, or said when the cache was filled."""
        if cache and self.get_option("cache"):
            try:
                return self._cache[key]
            except KeyError:
                pass
        found = self._machines()
        if self.get_option("cache"):
            self._cache[key] = found
        return found

    def _machines(self):
        """Rows of the API, with `template`, `template_version`, `deployment_id` and `template_variables` where known."""
        options = {name: self.get_option(name) for name in ("url", "token", "ca_path", "timeout")}
        options["token"] = self._plain(options["token"])
        api = api_of(options)
        query = {name: _texts(value) for name, value in self.get_option("filters").items()}
        query |= {"q": self.get_option("search"), "fields": ",".join(FIELDS)}
        machines = [row for page in api.pages("/machines", query) for row in page]
        if "template" in self.get_option("groups_by") or self.get_option("template_variables"):
            _add_templates(api, machines)
        if self.get_option("template_variables"):
            _add_variables(api, machines)
        return machines

    def _plain(self, value):
        return self.templar.template(value) if self.templar.is_template(value) else value

    def _fill(self, machines):
        times = Counter(row["hostname"] for row in machines)
        networks = [ipaddress.ip_network(text) for text in self.get_option("networks")]
        strict = self.get_option("strict")
        for row in machines:
            name = row["hostname"] if times[row["hostname"]] == 1 else row["id"]
            self.inventory.add_host(name)
            variables = variables_of(row, networks)
            for key, value in variables.items():
                self.inventory.set_variable(name, key, value)
            for group in groups_of(row, self.get_option("groups_by")):
                self.inventory.add_child(self.inventory.add_group(self._sanitize_group_name(group)), name)
            self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
            self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
            self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)


def variables_of(row, networks):
    """A machine's host variables."""
    found = {
        "ansible_host": address_of(row["ip_addresses"], networks) or row["hostname"],
        "gough_machine_id": row["id"],
    }
    return found | {"gough_" + name: value for name, value in row.items() if name != "id"}


def address_of(addresses, networks):
    """The first address of the first network that has one; else the first; IPv4 before IPv6."""
    known = sorted((ipaddress.ip_address(text) for text in addresses), key=lambda address: address.version)
    for network in networks:
        for address in known:
            if address in network:
                return str(address)
    return str(known[0]) if known else None


def groups_of(row, by):
    """`pool_default`, `tag_gpu`, …: one for each value that the machine has."""
    for kind in by:
        values = row["tags"] if kind == "tag" else [row.get(kind)]
        for value in values:
            if value:
                yield "%s_%s" % (kind, value)


def _add_templates(api, machines):
    """What each machine was deployed with last, if that may be on its disk. Pages are read until all are known."""
    waiting = {row["id"]: row for row in machines if row["status"] in ON_DISK}
    query = {"sort": "-created_at", "fields": "id,machine_id,template,state"}
    if not waiting:
        return
    for page in api.pages("/deployments", query):
        for deployment in page:
            if deployment["state"] in RAN and deployment["machine_id"] in waiting:
                row = waiting.pop(deployment["machine_id"])
                row["template"], _at, version = deployment["template"].partition("@")
                row |= {"template_version": int(version or 0), "deployment_id": deployment["id"]}
        if not waiting:
            return


def _add_variables(api, machines):
    for row in machines:
        if "deployment_id" in row:
            given = api.get(path("deployments", row["deployment_id"]))["variables"]
            row["template_variables"] = {name: value for name, value in given.items() if value != SECRET}


def _texts(value):
    """As a query has them."""
    values = value if isinstance(value, list) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]
