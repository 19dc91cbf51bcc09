"""Every page of the portal as a browser comes by it, for pictures and for tests: from link to link, with what opens."""

from collections.abc import Iterator

from playwright.sync_api import Page

SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ada@example.net"
MACHINES = {
    "machine": "service=in_service", "machine-failed": "service=attention", "machine-out": "service=out",
    "machine-theirs": "service=out&status=deployed",
}  # fmt: skip


def shown(page: Page, url: str) -> Iterator[str]:
    """The name of each page, once the browser shows it."""
    for title, path in _pages(page, url):
        page.goto(f"{url}{path}")
        yield title
        for step in STEPS.get(title, ()):
            yield from step(page, title)


def _pages(page: Page, url: str) -> Iterator[tuple[str, str]]:
    yield from _of_machines(page, url)
    yield from _of_jobs(page, url)
    yield from _of_the_site(page, url)
    yield "missing", "/machines/no-such-machine"


def _of_machines(page: Page, url: str) -> Iterator[tuple[str, str]]:
    yield "dashboard", "/"
    yield "machines", "/machines"
    yield "agents", "/agents"
    for title, filters in MACHINES.items():
        if path := _first(page, f"{url}/machines?{filters}", "/machines/"):
            yield title, path
            yield f"{title}-edit", f"{path}/edit"
            yield f"{title}-results", f"{path}/results"
            yield f"{title}-deploy", f"{path}/deploy?template=docker-host"
    if result := _result(page, url):
        yield "result", result
    for state in ("out", "in_service"):
        ids = _ids(page, f"{url}/machines?service={state}")
        for verb in ("commission", "test", "release") if ids else ():
            yield f"bulk-{verb}-{state}", f"/bulk/new?action={verb}&{ids}"
        if ids:
            yield f"bulk-template-{state}", f"/bulk/new?action=deploy&{ids}"
            yield f"bulk-deploy-{state}", f"/bulk/new?action=deploy&{ids}&template=docker-host"


def _of_jobs(page: Page, url: str) -> Iterator[tuple[str, str]]:
    yield "jobs", "/jobs"
    if job := _first(page, f"{url}/jobs", "/jobs/"):
        yield "job", job
    yield "bulk-list", "/bulk"
    if bulk := _first(page, f"{url}/bulk", "/bulk/"):
        yield "bulk", bulk
    yield "work", "/work"
    yield "windows", "/windows"
    yield "window-new", "/windows/new"
    if window := _first(page, f"{url}/windows", "/windows/"):
        yield "window", window
    if waiting := _first(page, f"{url}/work", "/jobs/"):
        yield "job-queue", waiting


def _of_the_site(page: Page, url: str) -> Iterator[tuple[str, str]]:
    yield "regions", "/regions"
    yield "region-new", "/regions/new"
    if region := _first(page, f"{url}/regions", "/regions/reg"):
        yield "region", region
    yield "images", "/images"
    yield "networks", "/networks"
    yield "security", "/security"
    if policy := _first(page, f"{url}/security", "/security/policies/"):
        yield "policy", policy
    yield "hosts", "/security/hosts"
    yield "fleet-servers", "/security/servers"
    yield "fleet-server-new", "/security/servers/new"
    yield "templates", "/templates"
    if template := _first(page, f"{url}/templates", "/templates/"):
        yield "template", template
        yield "template-compare", f"{template}/compare"
    if running := _first(page, f"{url}/machines?service=in_service", "/machines/"):
        yield "template-compare-machine", f"/templates/base-server/compare?machine={running.rpartition('/')[2]}"
        yield "metrics", f"{running}/metrics?span=1h"
    yield "template-edit", "/templates/docker-host/edit"
    yield "top", "/top"
    yield "docs", "/docs"
    yield "reset", "/reset?secret=of-a-link"
    yield "template-try", "/templates/monitoring-host/try"
    for title in ("account", "keys", "users", "audit"):
        yield title, f"/{title}"
    if person := _first(page, f"{url}/users", "/users/"):
        yield "user", person
    yield "second-factor", "/account/second-factor"
    if page.request.get(f"{url}/_styleguide").ok:
        yield "styleguide", "/_styleguide"


def _found(page: Page, title: str) -> Iterator[str]:
    page.keyboard.press("Control+k")
    page.keyboard.type("o")
    page.locator("#palette-said", has_text="found").wait_for()
    yield f"{title}-find"
    page.keyboard.press("Escape")


def _listed_keys(page: Page, title: str) -> Iterator[str]:
    page.keyboard.press("?")
    yield f"{title}-keys"
    page.keyboard.press("Escape")


def _chosen(page: Page, title: str) -> Iterator[str]:
    boxes = page.locator("input[name=id]")
    for number in range(min(3, boxes.count())):
        boxes.nth(number).check()
    yield f"{title}-chosen"


def _opened(page: Page, title: str) -> Iterator[str]:
    for name, label in (("more", "More…"), ("release", "Release…")):
        menu = page.locator("summary", has_text=label)
        if menu.count():
            menu.first.click()
            for inner in page.locator("details[open] .inner summary").all():
                inner.click()
            yield f"{title}-{name}"
            page.keyboard.press("Escape")


def _faulty(page: Page, title: str) -> Iterator[str]:
    """The deployment's form with mistakes in it."""
    page.locator("summary", has_text="MAAS options").click()
    page.get_by_label("Interface links").fill("eth0\neth1=10.0.0.0/24,odd")
    page.get_by_label("Kernel").fill("ga 24")
    page.locator("form.deploy").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Preview").click()
    page.locator("details.fold").scroll_into_view_if_needed()
    yield f"{title}-faults"


def _rendered(page: Page, title: str) -> Iterator[str]:
    """A template tried with nothing right, then with a machine and a key."""
    page.locator("form.deploy").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Render").click()
    yield f"{title}-faults"
    option = page.locator("#known-machine option").first
    if option.count():
        page.get_by_label("Machine").first.fill(str(option.get_attribute("value")))
        page.get_by_label("ssh keys").fill(SSH_KEY)
        page.get_by_role("button", name="Render").click()
        yield f"{title}-rendered"


def _misplaced(page: Page, title: str) -> Iterator[str]:
    """A window's form with mistakes in it."""
    page.locator("form.one-form").first.evaluate("form => form.noValidate = true")
    page.get_by_label("Name").fill("every/night")
    page.get_by_label("Time zone").fill("Mars")
    page.get_by_role("button", name="Add the window").click()
    yield f"{title}-faults"


def _adopted(page: Page, _title: str) -> Iterator[str]:
    button = page.get_by_role("button", name="Adopt")
    if button.count() and button.first.is_enabled():
        button.first.click()
        yield "adopt"


def _drawn(page: Page, title: str) -> Iterator[str]:
    """Charts as the script draws them, with a table open."""
    if page.locator(".plot").count():  # a machine that has reported
        page.locator(".plot.is-drawn").first.wait_for()
        page.locator(".chart-table summary").first.click()
        yield f"{title}-drawn"


def _broken(page: Page, title: str) -> Iterator[str]:
    """The editor with a line that cannot be."""
    page.get_by_role("textbox", name="user-data.yaml").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\nruncmd: [")
    page.locator(".cm-lint-marker-error").first.wait_for()
    yield f"{title}-broken"


STEPS = {
    "machines": (_chosen,), "machine": (_opened,), "machine-out": (_opened, _adopted),
    "machine-theirs": (_opened, _adopted), "machine-out-deploy": (_faulty,), "template-try": (_rendered,),
    "window-new": (_misplaced,), "dashboard": (_found, _listed_keys),
    "metrics": (_drawn,), "template-edit": (_broken,),
}  # fmt: skip


def _result(page: Page, url: str) -> str:
    """What a script said of a machine in service."""
    machine = _first(page, f"{url}/machines?service=in_service", "/machines/")
    return f"{machine}/results/maas-lshw" if machine else ""


def _first(page: Page, address: str, prefix: str) -> str:
    page.goto(address)
    link = page.locator(f"main a[href^='{prefix}']:not([href$='/new'])").first
    return str(link.get_attribute("href")) if link.count() else ""


def _ids(page: Page, address: str) -> str:
    """The machines on that page, as the address of an action on them all takes them."""
    page.goto(address)
    boxes = page.locator("input[name=id]").all()
    return "&".join(f"id={box.get_attribute('value')}" for box in boxes)
