"""`loom usage` and `loom budget`, as people type them."""

import csv
import io
import json
from collections.abc import Callable

from loom.core import codec
from tests.cli.conftest import Loom
from tests.cli.office import Office

Open = Callable[..., Office]


def test_a_budget_is_set_listed_and_removed(office: Open) -> None:
    acme = office("carol", "alice")
    acme.did("carol", "org", "create", "Acme")
    said = acme.did("carol", "budget", "set", "500")
    assert said == "The organization: more than $500.00 a month is refused.\n"
    each = acme.told("carol", "budget", "set", "20", "--period", "day", "--each-user", "--soft")
    assert (each["scope"], each["subject"], each["is_hard"]) == ("user", "*", False)
    listed = acme.did("carol", "budget", "list")
    assert "the organization" in listed and "each user" in listed and "$500.00" in listed
    mine = acme.told("carol", "budget", "mine")["budgets"]
    assert len(mine) == 2
    acme.did("carol", "budget", "rm", each["id"])
    assert len(acme.told("carol", "budget", "list")["budgets"]) == 1


def test_a_budget_for_nobody_is_refused_with_what_to_do(office: Open) -> None:
    acme = office("carol")
    acme.did("carol", "org", "create", "Acme")
    done = acme.run("carol", "budget", "set", "5", "--user", "nobody@example.com")
    assert done.returncode == 1
    assert "nobody@example.com" in done.stderr and "e-mail address" in done.stderr


def test_whom_a_budget_binds_and_small_sums_are_told_as_they_are(office: Open) -> None:
    acme = office("carol")
    acme.did("carol", "org", "create", "Acme")
    said = acme.did("carol", "budget", "set", "0.001", "--user", "carol@example.com")
    assert said == "carol@example.com: more than $0.0010 a month is refused.\n"
    assert "carol@example.com" in acme.did("carol", "budget", "list")
    _, row = acme.did("carol", "budget", "mine").splitlines()
    assert (row.split()[1], "$0.0010" in row) == ("you", True)


def test_a_wrong_sum_is_refused(office: Open) -> None:
    acme = office("carol")
    acme.did("carol", "org", "create", "Acme")
    assert acme.run("carol", "budget", "set", "-5").returncode != 0
    assert acme.run("carol", "budget", "set", "nan").returncode == 1


def test_usage_on_this_machine_needs_no_server(loom: Loom) -> None:
    done = loom("-p", "--provider", "demo", "hello")
    assert done.returncode == 0, done.stderr
    told = json.loads(loom("usage", "--by", "model", "--json").stdout)
    (row,) = told["rows"]
    assert row["key"]["model"] == "demo/demo-1"
    assert row["requests"] >= 1
    text = loom("usage").stdout
    assert "demo/demo-1" in text and "TOTAL" in text and "List prices of 2026-11-28" in text
    rows = list(csv.DictReader(io.StringIO(loom("usage", "--csv").stdout)))
    assert rows[0]["model"] == "demo/demo-1"
    assert float(rows[0]["cost_usd"]) == 0
    assert codec.encode(told)


def test_no_usage_is_said(loom: Loom) -> None:
    done = loom("usage")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Nothing was used" in done.stderr


def test_a_wrong_day_is_named(loom: Loom) -> None:
    done = loom("usage", "--since", "yesterday")
    assert done.returncode == 1
    assert "since" in done.stderr
