import pytest
from msgspec import ValidationError, json

from loom.api.flags import (
    Condition,
    Flag,
    FlagConfig,
    Prerequisite,
    Step,
    Strategy,
    Variant,
)
from loom.api.times import unix_ms
from loom.server.flags.evaluate import Context, bucket, evaluate
from loom.server.flags.murmur import murmur3_32

OFF, ON = Variant("off", False), Variant("on", True)
NOW = unix_ms("2026-11-28T12:00:00Z")

# Source: the published test vectors of MurmurHash3_x86_32.
VECTORS = [
    (b"", 0, 0x00000000),
    (b"", 1, 0x514E28B7),
    (b"", 0xFFFFFFFF, 0x81F16F39),
    (b"\x00\x00\x00\x00", 0, 0x2362F9DE),
    (b"\x00\x00\x00", 0, 0x85F0B427),
    (b"\x00\x00", 0, 0x30F4C306),
    (b"\x00", 0, 0x514E28B7),
    (b"\xff\xff\xff\xff", 0, 0x76293B50),
    (b"\x21\x43\x65\x87", 0, 0xF55B516B),
    (b"\x21\x43\x65\x87", 0x5082EDEE, 0x2362F9DE),
    (b"\x21\x43\x65", 0, 0x7E4A8634),
    (b"\x21\x43", 0, 0xA0F7B07A),
    (b"\x21", 0, 0x72661CF4),
    (b"test", 0, 0xBA6BD213),
    (b"test", 0x9747B28C, 0x704B81DC),
    (b"Hello, world!", 0, 0xC0363E43),
    (b"Hello, world!", 0x9747B28C, 0x24884CBA),
    (b"The quick brown fox jumps over the lazy dog", 0, 0x2E4FF723),
    (b"The quick brown fox jumps over the lazy dog", 0x9747B28C, 0x2FA826CD),
]


@pytest.mark.parametrize(("data", "seed", "expected"), VECTORS)
def test_the_hash_is_murmur3(data: bytes, seed: int, expected: int) -> None:
    assert murmur3_32(data, seed) == expected


def flag(strategy: Strategy | None = None, **fields: object) -> Flag:
    given = {"environments": {"prod": FlagConfig(True, strategy)}, **fields}
    return Flag(**{"key": "a.b", "variants": (OFF, ON), "default_variant": "off", **given})


def asked(*flags: Flag, killed: str = "", environment: str = "prod", **attributes: object) -> str:
    context = Context(environment, NOW, attributes)
    known = {each.key: each for each in flags}
    found = evaluate("a.b", context, known, frozenset([killed]))
    return f"{found.variant or 'nothing'} {found.reason}"


def test_the_order_of_evaluation() -> None:
    needs = flag(prerequisites=(Prerequisite("c.d", "on"),))
    disabled = flag(environments={"prod": FlagConfig(False)})
    assert asked() == "nothing not_found"
    assert asked(flag(is_archived=True), killed="a.b") == "off archived"
    assert asked(disabled, killed="a.b") == "off disabled"
    assert asked(flag(), environment="dev") == "off disabled"
    assert asked(needs, killed="a.b") == "off killed"
    assert asked(needs) == "off prerequisite"
    assert asked(needs, flag(key="c.d")) == "on on"
    assert asked(flag(Strategy(percentage=0)), user="u") == "off default"
    assert asked(flag(Strategy()), user="u") == "on strategy"


def test_a_prerequisite_that_is_killed_is_not_met() -> None:
    needs = flag(prerequisites=(Prerequisite("c.d", "on"),))
    assert asked(needs, flag(key="c.d"), killed="c.d") == "off prerequisite"


def test_prerequisites_in_a_circle_are_off() -> None:
    one = flag(prerequisites=(Prerequisite("c.d", "on"),))
    two = flag(key="c.d", prerequisites=(Prerequisite("a.b", "on"),))
    assert asked(one, two) == "off prerequisite"


def test_the_same_caller_stays_in_while_the_percentage_grows() -> None:
    users = [f"user-{number}" for number in range(2_000)]
    inside: set[str] = set()
    for percentage in (0, 10, 50, 100):
        now = {
            user
            for user in users
            if asked(flag(Strategy(percentage=percentage)), user=user).startswith("on")
        }
        assert inside <= now
        assert abs(len(now) / 20 - percentage) < 4
        inside = now


def test_buckets_are_of_the_key_and_the_caller() -> None:
    assert bucket("a.b", "u") == murmur3_32(b"a.b.u") % 100
    strategy = Strategy(percentage=50, percentage_key="org")
    same = {asked(flag(strategy), user=f"u{number}", org="acme") for number in range(50)}
    assert len(same) == 1


def test_who_cannot_be_counted_is_in_only_with_all() -> None:
    assert asked(flag(Strategy(percentage=99))) == "off default"
    assert asked(flag(Strategy(percentage=100))) == "on strategy"


@pytest.mark.parametrize(
    ("comparison", "values", "given", "is_met"),
    [
        ("equals", ("x",), "x", True),
        ("equals", ("x",), "y", False),
        ("not_equals", ("x",), "y", True),
        ("in", ("x", "y"), "y", True),
        ("not_in", ("x", "y"), "y", False),
        ("contains", ("@acme.",), "bob@acme.com", True),
        ("starts_with", ("bob@",), "bob@acme.com", True),
        ("ends_with", ("@acme.com",), "bob@evil.com", False),
        ("greater", (3,), 4, True),
        ("less", (3,), 4, False),
        ("greater", (3,), "many", False),
        ("not_in", ("x",), None, True),
        ("equals", ("x",), None, False),
    ],
)
def test_conditions(
    comparison: str, values: tuple[object, ...], given: object, is_met: bool
) -> None:
    strategy = Strategy((Condition("plan", comparison, values),))  # type: ignore[arg-type]
    attributes = {} if given is None else {"plan": given}
    assert asked(flag(strategy), **attributes) == ("on strategy" if is_met else "off default")


def test_all_conditions_must_hold() -> None:
    both = (Condition("org", "equals", ("acme",)), Condition("email", "ends_with", ("@a.com",)))
    assert asked(flag(Strategy(both)), org="acme", email="x@a.com") == "on strategy"
    assert asked(flag(Strategy(both)), org="acme", email="x@b.com") == "off default"


def test_a_schedule_raises_the_percentage_step_by_step() -> None:
    def at(first: str, second: str) -> str:
        steps = (Step(first, 100), Step(second, 0))
        return asked(flag(Strategy(schedule=steps)), user="u")

    assert at("2026-11-28T11:00:00Z", "2026-11-29T00:00:00Z") == "on strategy"
    assert at("2026-11-28T11:00:00Z", "2026-11-28T11:30:00Z") == "off default"
    assert at("2026-11-28T13:00:00Z", "2026-11-29T00:00:00Z") == "off default"


def test_variants_are_shared_out_by_weight() -> None:
    variants = (OFF, Variant("a", "a", 3), Variant("b", "b", 1))
    found = [asked(flag(variants=variants), user=f"u{number}") for number in range(2_000)]
    assert abs(found.count("a on") / 20 - 75) < 4
    assert found.count("off on") == 0


@pytest.mark.parametrize("key", ["a", "A.b", "a..b", ".a.b", "a.1b", "a b", "a" * 101, "a.b\n"])
def test_a_key_is_lower_case_words_with_dots(key: str) -> None:
    body = json.encode(flag(key=key))
    with pytest.raises(ValidationError):
        json.decode(body, type=Flag)
