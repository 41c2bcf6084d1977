"""The proxy beside floors and peers: one provider, one run, rounds in turn.

Upstream, proxies and load are processes of their own. What counts is the CPU time of a proxy's
process tree in the kernel's own accounting, which other load disturbs least. `--peers` adds Portkey
and LiteLLM, `--quick` takes fewer rounds.
"""

import math
import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence

from bench.proxies.contestants import Arena, Contestant, arena, loom_anew
from bench.proxies.first_event import added_ms
from bench.proxies.leaving import MOMENTS, left
from bench.proxies.load import ALONE, BURST, REQUEST, Load, costs
from bench.proxies.many_streams import carried
from bench.proxies.readiness import ready
from bench.row import Row, ratio


def measure() -> Iterator[Row]:
    """Each promise of the proxy, beside the floors."""
    quick = bool(os.environ.get("LOOM_BENCH_QUICK"))
    with arena() as all_of_them:
        yield from cost_rows(all_of_them, 3 if quick else 9)
        yield from first_event_rows(all_of_them, 50 if quick else 200)
        yield from leaving_rows(all_of_them, 100 if quick else 1000)
        yield from stream_rows(all_of_them)
    yield from readiness_rows(3 if quick else 9)


def cost_rows(all_of_them: Arena, rounds: int) -> Iterator[Row]:
    """CPU time a request and an event."""
    native, own, floor = all_of_them.native, all_of_them.own, all_of_them.floor
    for load, native_limit, own_limit in (
        (REQUEST, 1.4, 2.0),
        (ALONE, 1.2, 1.5),
        (BURST, 1.5, 3.0),
    ):
        everybody = (native, own, floor, *all_of_them.others.values())
        samples = costs(load, everybody, rounds)
        beside = {
            each.name: us(samples[each.name]) for each in (floor, *all_of_them.others.values())
        }
        yield beside_floor(
            f"native wire: {load.name}", native, floor, samples, native_limit, beside
        )
        yield beside_floor(f"own wire: {load.name}", own, floor, samples, own_limit, beside)
        yield from peer_rows(load, native, samples)


def beside_floor(
    name: str,
    ours: Contestant,
    floor: Contestant,
    samples: Mapping[str, Sequence[float]],
    limit: float,
    beside: Mapping[str, str],
) -> Row:
    """A ratio of medians."""
    row = ratio(f"proxy, {name}", samples[ours.name], samples[floor.name], limit, "µs")
    return Row(row.name, row.measured, row.limit, row.unit, row.detail, beside)


def peer_rows(
    load: Load, ours: Contestant, samples: Mapping[str, Sequence[float]]
) -> Iterator[Row]:
    """A small request beside the peers that run: the share of their CPU time that it takes.

    A fiftieth of LiteLLM's is promised, a tenth of Portkey's is aimed at.
    """
    for peer, limit in (("LiteLLM", 1 / 50), ("Portkey", math.inf)):
        if peer in samples and load is REQUEST:
            name = f"native wire beside {peer}: {load.name}"
            row = ratio(f"proxy, {name}", samples[ours.name], samples[peer], limit, "µs")
            yield Row(row.name, row.measured * 100, limit * 100, "%", row.detail)


def us(sample: Sequence[float]) -> str:
    """A median."""
    return f"{statistics.median(sample):.1f} µs"


def first_event_rows(all_of_them: Arena, times: int) -> Iterator[Row]:
    """The delay that is added."""
    others = (all_of_them.floor, *all_of_them.others.values())
    ours = (all_of_them.native, all_of_them.own)
    added = added_ms(all_of_them.provider, (*ours, *others), times)
    beside = {each.name: f"{added[each.name]:.2f} ms" for each in others}
    for each in ours:
        name = f"proxy, {each.name}: added time to the first event"
        yield Row(name, added[each.name], 1.5, "ms", beside=beside)


def leaving_rows(all_of_them: Arena, clients: int) -> Iterator[Row]:
    """Clients that leave, on every route."""
    leaked = 0
    for each in (all_of_them.native, all_of_them.own):
        for moment, ask in MOMENTS.items():
            alone = [left(each, all_of_them.provider, ask, 1).last_ms for _ in range(9)]
            gone = left(each, all_of_them.provider, ask, clients)
            leaked += gone.leaked
            name = f"proxy, {each.name}: a client leaves {moment}"
            detail = f"{clients} at once: {gone.last_ms:.0f} ms"
            yield Row(name, statistics.median(alone), 50.0, "ms", detail)
    yield Row(f"proxy: streams that outlive {6 * clients} clients", leaked, 0, "")


def stream_rows(all_of_them: Arena) -> Iterator[Row]:
    """A thousand streams; where they are late straight from the provider too, the machine is."""
    floors = {
        each.name: carried(each)
        for each in (all_of_them.provider, all_of_them.floor, *all_of_them.others.values())
        if each.share == 1.0
    }
    for number in range(2):
        with loom_anew(all_of_them.provider) as wires:
            ours, name = carried(wires[number]), wires[number].name
        name = f"proxy, {name}: 1,000 streams of 20 events/s"
        late = {name: str(floor.late) for name, floor in floors.items()}
        cores = {name: f"{floor.cores:.2f}" for name, floor in floors.items()}
        memory = {name: f"{floor.memory_mb:.0f} MB" for name, floor in floors.items()}
        yield Row(f"{name}, late", ours.late, 0, "", beside=late)
        yield Row(f"{name}, cores", ours.cores, 1.0, "", beside=cores)
        yield Row(f"{name}, memory", ours.memory_mb, 90.0, "MB", beside=memory)


def readiness_rows(times: int) -> Iterator[Row]:
    """From process start to serving."""
    samples = [ready() for _ in range(times)]
    cpu = statistics.median(each.cpu_seconds for each in samples)
    memory = statistics.median(each.memory_mb for each in samples)
    found = ready(lists_sdks=True).sdks
    yield Row("server: ready to serve, CPU", cpu, 1.0, "s")
    yield Row("server: ready to serve, memory", memory, 60.0, "MB")
    yield Row("server: SDKs imported when ready", len(found), 0, "", " ".join(found))


if __name__ == "__main__":
    from bench.__main__ import main

    sys.exit(main(["proxy", *sys.argv[1:]]))
