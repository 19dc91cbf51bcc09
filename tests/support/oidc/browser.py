"""A browser without scripts: follows redirects between Gough and a provider, keeps cookies, fills in the forms."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx

from gough.web.guard import Guard

FORM = re.compile(r"<form[^>]*action=\"([^\"]*)\".*?</form>", re.DOTALL)
HIDDEN = re.compile(r"<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"")


class Browser(httpx.Client):
    """Gough is asked in this process, everything else over the network."""

    def __init__(self, guard: Guard, gough: str) -> None:
        super().__init__(base_url=gough, mounts={gough: httpx.WSGITransport(guard)}, trust_env=False, timeout=30)

    def go(self, path: str) -> httpx.Response:
        return self.get(path, follow_redirects=True)

    def sign_on(self, name: str, onward: str = "/") -> httpx.Response:
        """Through the provider's own forms, to the page at the end."""
        answer = self.go(f"/login/oidc?next={onward}")
        while answer.url.path.startswith("/interaction/"):
            answer = self.submit(answer, login=name, password="any")
        return answer

    def returning(self, name: str, onward: str = "/") -> str:
        """The address with which the provider sends somebody back; it is not followed."""
        answer = self.get(f"/login/oidc?next={onward}")
        while not answer.is_redirect or not _is_callback(answer.headers["location"]):
            if answer.is_redirect:
                answer = self.get(str(answer.url.join(answer.headers["location"])))
            else:
                answer = self.submit(answer, follow=False, login=name, password="any")
        return str(answer.headers["location"])

    def submit(self, page: httpx.Response, *, follow: bool = True, **typed: str) -> httpx.Response:
        form = FORM.search(page.text)
        assert form is not None, page.text
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(form[0])}
        return self.post(page.url.join(unescape(form[1])), data={**hidden, **typed}, follow_redirects=follow)


def parameters(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _is_callback(location: str) -> bool:
    return urlsplit(location).path == "/login/oidc/callback"
