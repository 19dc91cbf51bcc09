"""The bar above the list of machines: what is chosen, what else could be, each as a link. The address is the view."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.services.machine_facets import Facets
from gough.services.machine_filters import NONE, Chosen
from gough.services.machine_list import MachineQuery, Sort

ORDER = (ServiceState.ATTENTION, ServiceState.IN_PROGRESS, ServiceState.IN_SERVICE, ServiceState.OUT)
MENUS: Mapping[str, str] = {"status": "MAAS", "tag": "Tag", "zone": "Zone", "pool": "Pool", "site": "Site"}
SORTS: Mapping[Sort, str] = {
    Sort.HOSTNAME: "Name", Sort.STATUS_SINCE: "Last change in MAAS", Sort.STATUS: "MAAS status", Sort.SITE: "Location",
}  # fmt: skip
LIST = "/machines"
NAMES: Mapping[str, str] = {
    **MENUS, "service": "State", "region": "Region", "owner": "Owner", "rack": "Rack", "power_state": "Power",
    "architecture": "Architecture", "locked": "Locked", "agent": "Agent",
}  # fmt: skip
VIEWS = (("status", MachineStatus.READY.filter_name, "Ready"), ("agent", "offline", "Not heard from"))
LABELS: Mapping[str, Mapping[str, str]] = {
    "status": {status.filter_name: status.label for status in MachineStatus},
    "service": {state.value: state.label for state in ServiceState},
    "locked": {"true": "yes", "false": "no"},
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that puts a value in, or takes it out when `is_chosen`. `count` is how many machines it would show."""

    value: str
    label: str
    link: str
    is_chosen: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Menu:
    name: str
    label: str
    choices: list[Choice]


class FilterBar:
    """What the template draws."""

    def __init__(self, query: MachineQuery, found: Facets) -> None:
        self.query, self.total, self._counts = query, found.total, found.counts
        self.is_narrowed = bool(query.text or query.chosen)

    @property
    def chips(self) -> list[Choice]:
        """The service states, each alone; the counts heed every other filter."""
        chosen, counts = self.query.chosen.get("service", ()), self._counts["service"]
        return [
            Choice(state.value, state.label, self._only_state(state), state.value in chosen, counts.get(state.value, 0))
            for state in ORDER
        ]

    @property
    def every_state(self) -> Choice:
        is_chosen = "service" not in self.query.chosen
        return Choice("", "All", link(self._without("service")), is_chosen, sum(self._counts["service"].values()))

    @property
    def menus(self) -> list[Menu]:
        """Those that could narrow the list, or do."""
        made = [Menu(name, label, self._choices(name)) for name, label in MENUS.items()]
        return [menu for menu in made if len(menu.choices) > 1 or menu.name in self.query.chosen]

    @property
    def sorts(self) -> list[Choice]:
        return [
            Choice(sort.value, label, link(replace(self.query, sort=sort)), sort is self.query.sort)
            for sort, label in SORTS.items()
        ]

    @property
    def chosen(self) -> list[Choice]:
        """What narrows the list, beside text and states, each as a link that ends it."""
        return [
            Choice(value, f"{NAMES[name]}: {label_of(name, value)}", link(self._toggled(name, value)), is_chosen=True)
            for name, values in self.query.chosen.items()
            if name != "service"
            for value in values
        ]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """The fields of the address that a search keeps."""
        return _fields(replace(self.query, text=""))

    @property
    def file_link(self) -> str:
        """The whole list as CSV."""
        return f"{LIST}?{urlencode([*_fields(self.query), ('format', 'csv')])}"

    @property
    def views(self) -> list[Choice]:
        """What people look for that is no state of its own, each switched by a link."""
        return [
            Choice(value, label, link(self._toggled(name, value)), value in self.query.chosen.get(name, ()),
                   self._counts.get(name, {}).get(value, 0))
            for name, value, label in VIEWS
        ]  # fmt: skip

    @property
    def first_link(self) -> str:
        return link(self.query)

    def _choices(self, name: str) -> list[Choice]:
        counts = dict(self._counts[name])
        chosen = self.query.chosen.get(name, ())
        return [
            Choice(value, label_of(name, value), link(self._toggled(name, value)), value in chosen, count)
            for value, count in {**counts, **{v: counts.get(v, 0) for v in chosen}}.items()
        ]

    def _only_state(self, state: ServiceState) -> str:
        return link(replace(self.query, chosen={**self.query.chosen, "service": (state.value,)}))

    def _without(self, name: str) -> MachineQuery:
        return replace(self.query, chosen={k: v for k, v in self.query.chosen.items() if k != name})

    def _toggled(self, name: str, value: str) -> MachineQuery:
        before = self.query.chosen.get(name, ())
        after = tuple(v for v in before if v != value) if value in before else (*before, value)
        chosen: Chosen = {**self.query.chosen, name: after}
        return replace(self.query, chosen={k: v for k, v in chosen.items() if v})


def label_of(name: str, value: str) -> str:
    return "none" if value == NONE else LABELS.get(name, {}).get(value, value)


def link(query: MachineQuery, *, cursor: str = "") -> str:
    """The address of a list."""
    fields = [*_fields(query), *([("cursor", cursor)] if cursor else [])]
    return f"{LIST}?{urlencode(fields)}" if fields else LIST


def _fields(query: MachineQuery) -> list[tuple[str, str]]:
    return [
        *([("q", query.text)] if query.text else []),
        *((name, value) for name, values in query.chosen.items() for value in values),
        *([("sort", query.sort.value)] if query.sort is not Sort.HOSTNAME else []),
    ]
