"""Everything the API has for people and their programs, by resource. What machines say is not among it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx

from gough.client.calls import Delete, Get, GetTagged, Pages, Patch, Post, Put, Resource, Tell, address, kept, parse
from gough.client.connection import Bearer, Connection
from gough.client.events import follow
from gough.client.retrying import Retries
from gough.web.api.answers import agents, catalogue, deployments, fleet, machines, overview, people, site, templates


class Machines(Resource):
    list = Pages("/api/v1/machines", machines.MachineRow)
    facets = Get("/api/v1/machines/facets", machines.Facets)
    get = Get("/api/v1/machines/{}", machines.Machine)
    get_tagged = GetTagged("/api/v1/machines/{}", machines.Machine)
    timeline = Pages("/api/v1/machines/{}/timeline", machines.Event)
    results = Pages("/api/v1/machines/{}/results", machines.Result)
    metrics = Get("/api/v1/machines/{}/metrics", agents.Metrics)
    playbook_runs = Pages("/api/v1/machines/{}/playbook-runs", deployments.PlaybookRun)
    deployments = Pages("/api/v1/machines/{}/deployments", deployments.DeploymentRow)
    enlist = Post("/api/v1/machines", machines.Machine)
    remove = Delete("/api/v1/machines/{}")
    deploy = Post("/api/v1/machines/{}/deploy", machines.Job)
    redeploy = Post("/api/v1/machines/{}/redeploy", machines.Job)
    commission = Post("/api/v1/machines/{}/commission", machines.Job)
    test = Post("/api/v1/machines/{}/test", machines.Job)
    release = Post("/api/v1/machines/{}/release", machines.Job)
    adopt = Post("/api/v1/machines/{}/adopt", machines.Adopted)
    power_on = Post("/api/v1/machines/{}/power/on", machines.Machine)
    power_off = Post("/api/v1/machines/{}/power/off", machines.Machine)
    power_query = Post("/api/v1/machines/{}/power/query", machines.Machine)
    lock = Post("/api/v1/machines/{}/lock", machines.Machine)
    unlock = Post("/api/v1/machines/{}/unlock", machines.Machine)
    mark_broken = Post("/api/v1/machines/{}/mark-broken", machines.Machine)
    mark_fixed = Post("/api/v1/machines/{}/mark-fixed", machines.Machine)
    rescue = Post("/api/v1/machines/{}/rescue", machines.Machine)
    exit_rescue = Post("/api/v1/machines/{}/exit-rescue", machines.Machine)
    abort = Post("/api/v1/machines/{}/abort", machines.Machine)
    change = Patch("/api/v1/machines/{}", machines.Machine)
    locate = Put("/api/v1/machines/{}/location", machines.Machine)

    def import_locations(self, data: bytes, *, kind: str = "text/csv", dry_run: bool = False) -> site.Located:
        """`kind` is text/csv or application/json."""
        query = {"dry_run": "true" if dry_run else "false"}
        path, headers = "/api/v1/machines/locations", {"Content-Type": kind}
        return parse(site.Located, self._connection.ask("POST", path, query=query, content=data, headers=headers))


class Agents(Resource):
    list = Pages("/api/v1/agents", agents.AgentRow)
    get = Get("/api/v1/agents/{}", agents.Agent)
    ask = Post("/api/v1/agents/{}/commands", agents.Command)


class Jobs(Resource):
    list = Pages("/api/v1/jobs", machines.Job)
    get = Get("/api/v1/jobs/{}", machines.JobWithLog)
    cancel = Post("/api/v1/jobs/{}/cancel", machines.Job)
    retry = Post("/api/v1/jobs/{}/retry", machines.Job)
    prioritise = Post("/api/v1/jobs/{}/priority", machines.Job)
    begin = Post("/api/v1/jobs/{}/begin", machines.Job)
    paused = Get("/api/v1/jobs/paused", site.Paused)
    pause = Post("/api/v1/jobs/pause", site.Paused)
    resume = Post("/api/v1/jobs/resume", site.Paused)


class Bulk(Resource):
    list = Pages("/api/v1/bulk", site.Bulk)
    get = Get("/api/v1/bulk/{}", site.BulkWithResults)
    results = Pages("/api/v1/bulk/{}", site.BulkResult)
    stop = Post("/api/v1/bulk/{}/stop", site.Bulk)
    begin = Post("/api/v1/machines/bulk", site.Bulk)

    def forecast(self, **given: Any) -> site.Forecast:
        """What `begin` would do with the same; nothing is begun."""
        body = {**kept(given), "dry_run": True}
        return parse(site.Forecast, self._connection.ask("POST", "/api/v1/machines/bulk", body=body))


class Windows(Resource):
    list = Pages("/api/v1/maintenance-windows", site.MaintenanceWindow)
    get = Get("/api/v1/maintenance-windows/{}", site.MaintenanceWindow)
    get_tagged = GetTagged("/api/v1/maintenance-windows/{}", site.MaintenanceWindow)
    add = Post("/api/v1/maintenance-windows", site.MaintenanceWindow)
    change = Put("/api/v1/maintenance-windows/{}", site.MaintenanceWindow)
    remove = Delete("/api/v1/maintenance-windows/{}")


class Regions(Resource):
    list = Pages("/api/v1/regions", site.Region)
    get = Get("/api/v1/regions/{}", site.Region)
    get_tagged = GetTagged("/api/v1/regions/{}", site.Region)
    add = Post("/api/v1/regions", site.Region)
    change = Patch("/api/v1/regions/{}", site.Region)
    test = Post("/api/v1/regions/{}/test", site.Region)
    pause = Post("/api/v1/regions/{}/pause", site.Region)
    resume = Post("/api/v1/regions/{}/resume", site.Region)
    remove = Delete("/api/v1/regions/{}")
    sync = Post("/api/v1/regions/{}/sync", site.RegionStatus)
    status = Get("/api/v1/regions/{}/status", site.RegionStatus)
    images = Pages("/api/v1/images", catalogue.Image)
    networks = Pages("/api/v1/networks", catalogue.Network)


class Deployments(Resource):
    list = Pages("/api/v1/deployments", deployments.DeploymentRow)
    get = Get("/api/v1/deployments/{}", deployments.Deployment)
    user_data = Get("/api/v1/deployments/{}/user-data", deployments.UserData)
    retry = Post("/api/v1/deployments/{}/retry", machines.Job)
    redeploy_previous = Post("/api/v1/deployments/{}/redeploy-previous", machines.Job)


class FleetServers(Resource):
    list = Pages("/api/v1/fleet/servers", fleet.FleetServer)
    get = Get("/api/v1/fleet/servers/{}", fleet.FleetServer)
    get_tagged = GetTagged("/api/v1/fleet/servers/{}", fleet.FleetServer)
    add = Post("/api/v1/fleet/servers", fleet.FleetServer)
    test = Post("/api/v1/fleet/servers/{}/test", fleet.FleetServer)
    import_policies = Post("/api/v1/fleet/servers/{}/import-policies", fleet.ImportedPack)
    remove = Delete("/api/v1/fleet/servers/{}")


class FleetHosts(Resource):
    list = Pages("/api/v1/fleet/hosts", fleet.FleetHost)


class Policies(Resource):
    list = Pages("/api/v1/fleet/policies", fleet.Policy)
    results = Pages("/api/v1/fleet/policies/{}/results", fleet.PolicyResult)


class Templates(Resource):
    list = Pages("/api/v1/templates", templates.TemplateVersion)
    get = Get("/api/v1/templates/{}", templates.TemplateWhole)
    get_tagged = GetTagged("/api/v1/templates/{}", templates.TemplateWhole)
    replace = Put("/api/v1/templates/{}", templates.TemplateVersion)
    remove = Delete("/api/v1/templates/{}")
    versions = Pages("/api/v1/templates/{}/versions", templates.TemplateVersion)
    used = Pages("/api/v1/templates/{}/used", templates.Usage)
    diff = Get("/api/v1/templates/{}/diff", templates.Diff)
    create = Post("/api/v1/templates", templates.TemplateVersion)
    validate = Post("/api/v1/templates/validate", templates.Verdict)
    render = Post("/api/v1/templates/{}/render", templates.Rendered)
    revert = Post("/api/v1/templates/{}/revert", templates.TemplateVersion)


class Users(Resource):
    list = Pages("/api/v1/users", people.User)
    get = Get("/api/v1/users/{}", people.User)
    get_tagged = GetTagged("/api/v1/users/{}", people.User)
    create = Post("/api/v1/users", people.Invitation)
    change = Patch("/api/v1/users/{}", people.User)
    remove = Delete("/api/v1/users/{}")
    reset_password = Post("/api/v1/users/{}/reset-password", people.Invitation)
    reset_second_factor = Tell("/api/v1/users/{}/reset-second-factor")
    sign_ins = Pages("/api/v1/users/{}/sessions", people.SignIn)
    end_sign_in = Delete("/api/v1/users/{}/sessions/{}")


class ApiKeys(Resource):
    list = Pages("/api/v1/api-keys", people.ApiKey)
    create = Post("/api/v1/api-keys", people.NewApiKey)
    rotate = Post("/api/v1/api-keys/{}/rotate", people.NewApiKey)
    revoke = Delete("/api/v1/api-keys/{}")


class Account(Resource):
    """Whoever asks. Signing in and refreshing say who that is by themselves, and are never sent twice."""

    me = Get("/api/v1/auth/me", people.Me)
    sign_in = Post("/api/v1/auth/login", people.Tokens, repeatable=False, anonymous=True)
    refresh = Post("/api/v1/auth/refresh", people.Tokens, repeatable=False, anonymous=True)
    sign_out = Tell("/api/v1/auth/logout")
    begin_second_factor = Post("/api/v1/auth/mfa/enrol", people.SecondFactor)
    confirm_second_factor = Post("/api/v1/auth/mfa/confirm", people.RecoveryCodes)
    end_second_factor = Tell("/api/v1/auth/mfa/disable")


class Audit(Resource):
    list = Pages("/api/v1/audit", people.AuditEntry)


class Fleet(Resource):
    """What the machines measure, together, and what there is."""

    stats = Get("/api/v1/stats", overview.Stats)
    settings = Pages("/api/v1/settings", overview.SettingShown)
    top = Get("/api/v1/metrics/top", agents.Top)
    upkeep = Get("/api/v1/metrics/upkeep", agents.Upkeep)


class Client:
    """The API by resources; `url` is the server's, `token` an API key or an access token."""

    def __init__(
        self,
        url: str = "",
        *,
        token: str = "",
        auth: httpx.Auth | None = None,
        ca_file: Path | None = None,
        transport: httpx.BaseTransport | None = None,
        retries: Retries | None = None,
    ) -> None:
        auth = Bearer(token) if token else auth
        made = Connection(url, auth=auth, ca_file=ca_file, transport=transport, retries=retries)
        self.connection = made
        self.machines, self.agents, self.jobs, self.bulk = Machines(made), Agents(made), Jobs(made), Bulk(made)
        self.windows, self.regions, self.templates = Windows(made), Regions(made), Templates(made)
        self.users, self.api_keys, self.account = Users(made), ApiKeys(made), Account(made)
        self.deployments = Deployments(made)
        self.audit, self.fleet = Audit(made), Fleet(made)
        self.fleet_servers, self.fleet_hosts, self.policies = FleetServers(made), FleetHosts(made), Policies(made)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def events(self, *, after: int | None = None, machine: str = "") -> Iterator[machines.Event]:
        """What happens, as it happens, without end; behind position `after`, or from now on."""
        return follow(self.connection, after=after, machine=machine)

    def request(self, method: str, path: str, *, query: Any = None, body: Any = None) -> httpx.Response:
        """Any operation, by its address."""
        headers = {"If-Match": "*"} if method in ("PUT", "PATCH", "DELETE") else {}
        return self.connection.ask(method, address(path, ()), query=query, body=body, headers=headers)
