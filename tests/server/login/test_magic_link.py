import asyncio
import io
import logging
import threading
from functools import partial

import pytest

from loom.log import start_logging, stop_logging
from loom.redact import Redactor
from loom.server.auth.credentials import COOKIE
from loom.server.auth.magic_links import MAILED_LIFETIME_MS
from loom.server.keys import ACCESS_LOG
from loom.server.mail.letter import Letter
from loom.server.mail.mailer import Mailer
from loom.server.sections.login import LoginSettings
from tests.fakes.mailbox import Mailbox, link_in, mailbox, text_of
from tests.server.conftest import TOKEN, TeamUp
from tests.server.test_door import Clock
from tests.server.visitor import Page, Visitor, visiting

SEND, SIGN_IN = "E-mail me a link", "Sign in"
OPERATOR = {"Authorization": f"Bearer {TOKEN}"}


async def asked(browser: Visitor, email: str, path: str = "/login") -> Page:
    page = await browser.open(path)
    return await browser.press(page.form(SEND), email=email)


async def followed(browser: Visitor, link: str) -> Page:
    page = await browser.open(link)
    if page.status != 200:
        return page
    return await browser.press(page.form(SIGN_IN))


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
async def test_a_link_by_mail_signs_in(team: TeamUp, security: str) -> None:
    async with mailbox(security) as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        async with visiting(loom.url) as browser:
            page = await asked(browser, "Ann@ACME.example", "/login?next=/account%3Fx%3D1")
            assert page.status == 200 and "ann@acme.example" in page.text
            letter = await box.next()
            assert letter["To"] == "ann@acme.example"
            assert letter["From"] == "Loom <loom@acme.example>"
            plain, html = text_of(letter), text_of(letter, "html")
            assert link_in(plain) == link_in(html.replace('"', " "))
            assert loom.url in plain and "10 minutes" in plain
            page = await followed(browser, link_in(plain))
            assert page.path == "/account?x=1" and "ann@acme.example" in page.text
        assert bool(box.is_encrypted) is (security != "none")


async def test_opening_a_link_uses_nothing_up(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        async with visiting(loom.url) as browser, visiting(loom.url) as scanner:
            await asked(browser, "ann@acme.example")
            link = await box.link()
            for _ in range(3):
                assert (await scanner.open(link)).status == 200
            assert scanner.cookie(COOKIE) == ""
            assert (await followed(browser, link)).path == "/account"


async def test_a_link_works_once(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        async with visiting(loom.url) as browser, visiting(loom.url) as thief:
            await asked(browser, "ann@acme.example")
            link = await box.link()
            form = (await thief.open(link)).form(SIGN_IN)
            assert (await followed(browser, link)).status == 200
            assert (await thief.press(form)).status == 403
            assert (await thief.open(link)).status == 403
            assert thief.cookie(COOKIE) == ""


async def test_a_link_pressed_twice_at_once_signs_in_once(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        async with visiting(loom.url) as one, visiting(loom.url) as two:
            await asked(one, "ann@acme.example")
            link = await box.link()
            forms = [(await each.open(link)).form(SIGN_IN) for each in (one, two)]
            pages = await asyncio.gather(one.press(forms[0]), two.press(forms[1]))
            assert sorted(page.status for page in pages) == [200, 403]


async def test_a_link_ends_after_ten_minutes(team: TeamUp) -> None:
    clock = Clock()
    async with mailbox() as (box, settings):
        loom = await team(mail=settings, clock=clock)
        await loom.sign_up("ann@acme.example")
        async with visiting(loom.url) as browser:
            await asked(browser, "ann@acme.example")
            link = await box.link()
            clock.now += MAILED_LIFETIME_MS - 1
            form = (await browser.open(link)).form(SIGN_IN)
            clock.now += 1
            assert (await browser.press(form)).status == 403
            page = await browser.open(link)
            assert page.status == 403 and "no longer valid" in page.text


async def test_a_newer_link_takes_the_place_of_the_older(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        async with visiting(loom.url) as browser:
            await asked(browser, "ann@acme.example")
            old = await box.link()
            await asked(browser, "ann@acme.example")
            new = await box.link()
            assert (await followed(browser, old)).status == 403
            assert (await followed(browser, new)).status == 200


async def test_a_link_signs_in_nobody_but_whom_it_was_sent_to(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        await loom.sign_up("bob@acme.example")
        async with visiting(loom.url) as browser:
            await asked(browser, "bob@acme.example")
            form = (await browser.open(await box.link())).form(SIGN_IN)
            page = await browser.press(form, email="ann@acme.example", user="ann")
            assert "bob@acme.example" in page.text and "ann@acme.example" not in page.text


async def test_only_the_hash_of_a_link_is_kept(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        async with visiting(loom.url) as browser:
            await asked(browser, "ann@acme.example")
            token = (await box.link()).partition("token=")[2]
        kept = await loom.database.query("SELECT * FROM magic_links")
        assert len(token) == 64 and token not in str(kept)
        assert bytes.fromhex(token) not in {cell for row in kept for cell in row}


async def test_who_has_no_account_is_answered_alike_and_sent_nothing(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        answers = []
        async with visiting(loom.url) as browser:
            for email in ("xyz@acme.example", "ann@acme.example"):
                page = await asked(browser, email)
                headers = {k: v for k, v in page.headers.items() if k.lower() not in CHANGING}
                answers.append((page.status, page.html.replace(email, "…"), headers))
        assert answers[0] == answers[1]
        assert (await box.next())["To"] == "ann@acme.example"
        assert box.letters.empty()


CHANGING = ("date", "x-request-id", "content-length")


async def test_the_answer_waits_for_nothing_that_depends_on_the_address(team: TeamUp) -> None:
    """The database takes no write and the mail server is silent: all are answered all the same."""
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        go = threading.Event()
        async with visiting(loom.url) as browser:
            forms = [(await browser.open("/login")).form(SEND) for _ in range(2)]
            held = asyncio.create_task(loom.database.write(lambda c: go.wait(20)))
            try:
                for form, email in zip(
                    forms, ("ann@acme.example", "xyz@acme.example"), strict=True
                ):
                    assert (await browser.press(form, email=email)).status == 200
                assert box.letters.empty()
            finally:
                go.set()
                await held
        assert (await box.next())["To"] == "ann@acme.example"


async def test_a_new_person_signs_up_by_a_link_where_that_is_allowed(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        domain = LoginSettings("domain", frozenset({"acme.example"}))
        loom = await team(mail=settings, login=domain)
        async with visiting(loom.url) as browser:
            await asked(browser, "eve@elsewhere.example")
            await asked(browser, "new@acme.example")
            letter = await box.next()
            assert letter["To"] == "new@acme.example"
            page = await followed(browser, link_in(text_of(letter)))
            assert "new@acme.example" in page.text and "system admin" in page.text
        assert box.letters.empty()


@pytest.mark.parametrize(
    "email",
    [
        *("", "nobody", "a@b\r\nBcc: c@d", "a@b\nSubject: x", "a@b,c@d", "<a@b>", "a@b>", "a @b"),
        *('"a"@b', "a@b\x00", "a" * 65 + "@acme.example", "ann@acme.example\u2028Bcc: x@y"),
    ],
)
async def test_what_is_no_address_is_written_to_by_nobody(team: TeamUp, email: str) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings, login=LoginSettings("open"))
        async with visiting(loom.url) as browser:
            assert (await asked(browser, email)).status == 400
            await asked(browser, "ann@acme.example")
        assert (await box.next())["To"] == "ann@acme.example"
        assert box.envelopes[0].rcpt_tos == ["ann@acme.example"] and box.letters.empty()


async def test_an_address_beyond_ascii_gets_its_letter(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings, login=LoginSettings("open"))
        async with visiting(loom.url) as browser:
            await asked(browser, "jürgen@bücher.example")
            page = await followed(browser, await box.link())
            assert "jürgen@bücher.example" in page.text


async def test_a_mail_server_that_is_busy_is_asked_again() -> None:
    async with mailbox() as (box, settings):
        box.refuse = ["451 later", "451 later"]
        mailer = Mailer(settings, retry_after=(0.0, 0.0))
        work = asyncio.create_task(mailer.run())
        mailer.post(partial(written, Letter("ann@acme.example", "s", "t", "<p>t</p>")))
        assert (await box.next())["To"] == "ann@acme.example" and not box.refuse
        box.refuse = ["554 never"]
        mailer.post(partial(written, Letter("bob@acme.example", "s", "t", "<p>t</p>")))
        async with asyncio.timeout(10):
            while box.refuse:
                await asyncio.sleep(0.01)
        mailer.post(partial(written, Letter("eve@acme.example", "s", "t", "<p>t</p>")))
        assert (await box.next())["To"] == "eve@acme.example" and box.letters.empty()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def written(letter: Letter) -> Letter:
    return letter


async def test_neither_link_nor_cookie_is_in_the_log(team: TeamUp) -> None:
    lines = io.StringIO()
    handler = start_logging(lines, Redactor(), "json", "DEBUG")
    try:
        async with mailbox() as (box, settings):
            loom = await team(mail=settings)
            await loom.sign_up("ann@acme.example")
            async with visiting(loom.url) as browser:
                await asked(browser, "ann@acme.example")
                link = await box.link()
                await followed(browser, link)
                cookie = browser.cookie(COOKIE)
                # What a proxy before us would write down, if it logged through us.
                logging.getLogger("loom.server").info("GET %s 200", link)
            await loom.call("GET", "/health")
            loom.app[ACCESS_LOG].flush()
    finally:
        stop_logging(handler)
    token, text = link.partition("token=")[2], lines.getvalue()
    assert "/auth/magic-link/verify" in text and len(cookie) == 64
    assert token not in text and cookie not in text


async def test_the_operator_makes_a_link_without_any_mail_and_the_first_is_admin(
    team: TeamUp,
) -> None:
    loom = await team()
    said = await loom.call("POST", "/auth/links", OPERATOR, json={"email": "Ann@acme.example"})
    assert said.status == 201
    link = link_in(said.json()["url"])
    async with visiting(loom.url) as browser, visiting(loom.url) as other:
        page = await followed(browser, link)
        assert page.path == "/account" and "system admin" in page.text
        assert (await followed(other, link)).status == 403


async def test_who_was_let_in_no_more_leaves_no_address_in_the_audit_log(team: TeamUp) -> None:
    loom = await team()
    root, ann = await loom.sign_up("root@acme.example"), await loom.sign_up("ann@acme.example")
    said = await loom.call("POST", "/auth/links", OPERATOR, json={"email": "ann@acme.example"})
    await loom.call("DELETE", f"/api/admin/users/{ann.id}", root.headers)
    async with visiting(loom.url) as browser:
        assert (await followed(browser, link_in(said.json()["url"]))).status == 403
    page = await loom.call("GET", "/api/admin/audit?type=auth.login&outcome=denied", OPERATOR)
    (line,) = page.json()["entries"]
    assert (line["resource"], line["details"]["reason"]) == (f"user:{ann.id}", "account_deleted")
    assert "ann@" not in str(await loom.database.query("SELECT body FROM audit"))


async def test_no_admin_makes_links_only_the_operator_does(team: TeamUp) -> None:
    loom = await team()
    admin = await loom.sign_up("admin@acme.example")
    for headers in (admin.headers, await loom.cookie(admin)):
        own = {**headers, "Origin": loom.url}
        said = await loom.call("POST", "/auth/links", own, json={"email": "bob@acme.example"})
        assert said.status == 404


async def test_a_mailed_link_does_not_end_the_operators(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        said = await loom.call("POST", "/auth/links", OPERATOR, json={"email": "ann@acme.example"})
        async with visiting(loom.url) as browser:
            await asked(browser, "ann@acme.example")
            await box.next()
            assert (await followed(browser, link_in(said.json()["url"]))).status == 200


async def test_links_never_begin_with_a_name_that_only_the_request_knows(team: TeamUp) -> None:
    async with mailbox() as (box, settings):
        loom = await team(mail=settings)
        await loom.sign_up("ann@acme.example")
        for host in ("evil.example", "127.0.0.1.evil.example"):
            headers = {**OPERATOR, "Host": host}
            body = {"email": "ann@acme.example"}
            said = await loom.call("POST", "/auth/links", headers, json=body)
            assert said.status == 503 and "BASE_URL" in said.json()["hint"]
        assert box.letters.empty()


async def test_links_begin_with_the_address_that_the_operator_set(team: TeamUp) -> None:
    loom = await team(public_url="https://loom.example")
    headers = {**OPERATOR, "Host": "evil.example"}
    said = await loom.call("POST", "/auth/links", headers, json={"email": "ann@acme.example"})
    assert said.json()["url"].startswith("https://loom.example/auth/magic-link/verify?token=")


async def test_whoever_asks_for_more_links_the_owner_keeps_a_valid_one(team: TeamUp) -> None:
    clock = Clock()
    async with mailbox() as (box, settings):
        loom = await team(mail=settings, clock=clock)
        await loom.sign_up("ann@acme.example")
        async with visiting(loom.url) as attacker, visiting(loom.url) as ann:
            for _ in range(40):
                clock.now += 31_000
                assert (await asked(attacker, "ann@acme.example")).status == 200
                # Everything that was asked for is written once this write is.
                await loom.database.write(lambda c: None)
            async with asyncio.timeout(10):
                while box.letters.empty():
                    await asyncio.sleep(0.01)
            await settled(box)
            links = [link_in(text_of(box.letters.get_nowait())) for _ in box.envelopes]
            assert 10 <= len(links) <= 16, len(links)
            # Letters that are sent at one time may arrive in another order.
            pages = [await followed(ann, link) for link in links]
            assert [page.path for page in pages].count("/account") == 1


async def settled(box: Mailbox) -> None:
    """Waits until no letter has come for a moment."""
    count = -1
    while count != len(box.envelopes):
        count = len(box.envelopes)
        await asyncio.sleep(0.2)


async def test_limits_are_met_by_wrong_links_alone(team: TeamUp) -> None:
    loom = await team()
    said = await loom.call("POST", "/auth/links", OPERATOR, json={"email": "ann@acme.example"})
    async with visiting(loom.url) as attacker, visiting(loom.url) as ann:
        statuses = [
            (await attacker.open(f"/auth/magic-link/verify?token={n:064x}")).status
            for n in range(25)
        ]
        assert statuses[0] == 403 and statuses[-1] == 429
        page = await attacker.open("/auth/magic-link/verify?token=0")
        assert 0 < int(page.headers["Retry-After"]) <= 11
        # The same address, and yet.
        assert (await followed(ann, link_in(said.json()["url"]))).path == "/account"
        assert (await ann.open("/account")).status == 200


async def test_asking_for_links_is_limited_by_client(team: TeamUp) -> None:
    async with mailbox() as (_, settings):
        loom = await team(mail=settings)
        async with visiting(loom.url) as browser:
            statuses = [(await asked(browser, f"u{n}@acme.example")).status for n in range(12)]
        assert statuses[0] == 200 and statuses[-1] == 429
