"""A person with a browser that has no script: reads pages, fills in forms, keeps cookies."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import aiohttp

HTML = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"


@dataclass
class Form:
    """A form as it stands on the page; `says` is its button."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    says: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._href: str | None = None
        self._is_button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.forms.append(Form(given["action"]))
        elif tag == "input" and self.forms and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif tag == "a":
            self._href = given.get("href")
        elif tag == "button":
            self._is_button = True
            if "name" in given:
                self.forms[-1].fields.setdefault(given["name"], given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._href = None
        elif tag == "button":
            self._is_button = False

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._href is not None:
            self.links[data] = self._href
        if self._is_button and self.forms:
            self.forms[-1].says += data


@dataclass
class Page:
    """What the browser shows, after it followed redirects."""

    status: int
    path: str
    html: str
    headers: Mapping[str, str]

    @property
    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._read.words).split())

    @property
    def links(self) -> dict[str, str]:
        return self._read.links

    @property
    def forms(self) -> list[Form]:
        return self._read.forms

    def form(self, says: str) -> Form:
        """The first form whose button says this."""
        found = [each for each in self.forms if each.says == says]
        assert found, f"no button {says!r} on {self.path}: {self.text}"
        return found[0]


class Visitor:
    """One browser profile at one server."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def open(self, path: str) -> Page:
        return await self._asked("GET", path, {"Sec-Fetch-Site": "none"})

    async def press(self, form: Form, **fields: str) -> Page:
        """Sends the form, with these fields filled in."""
        headers = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        return await self._asked("POST", form.action, headers, data={**form.fields, **fields})

    def cookie(self, name: str) -> str:
        """A cookie's value; "" when there is none."""
        found = [each.value for each in self.session.cookie_jar if each.key == name]
        return found[0] if found else ""

    async def _asked(
        self, method: str, path: str, headers: Mapping[str, str], **given: Any
    ) -> Page:
        url = path if path.startswith("http") else self.url + path
        async with self.session.request(
            method, url, headers={"Accept": HTML, **headers}, **given
        ) as answer:
            parts = urlsplit(str(answer.url))
            where = parts.path + (f"?{parts.query}" if parts.query else "")
            return Page(answer.status, where, await answer.text(), answer.headers)


@asynccontextmanager
async def visiting(url: str) -> AsyncIterator[Visitor]:
    """A fresh browser at `url`."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Visitor(session, url)
