"""The parts of `bench.tui`: what they measure is known beforehand here."""

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anthropic
import openai
import pytest

from bench.proxies.processes import port, started
from bench.terminals.contestants import Contestant
from bench.terminals.display import Display
from bench.terminals.latency import Latencies, echo, percentile
from bench.terminals.process_tree import ProcessTree
from bench.terminals.pseudo_terminal import Piece, PseudoTerminal
from bench.terminals.queries import Queries, answer
from bench.terminals.request import Request
from bench.terminals.samples import Samples, rounds
from bench.terminals.scenes import drawn_at
from bench.terminals.stored_thread import entries
from bench.terminals.text import tokens
from loom.core.history import visible
from loom.core.messages import text_of

ROOT = Path(__file__).parents[1]
PROMPT = "go [[tokens=30 marker=m1x]]"
WANTED = "".join(tokens(30)) + "\n\nEND-OF-ANSWER-m1x\n"
SHELL = {"type": "object", "properties": {"command": {"type": "string"}}}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with started([ROOT / "bench/terminals/provider.py"]) as provider:
        yield f"http://127.0.0.1:{port(provider)}"


@pytest.fixture
async def claude(url: str) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(api_key="k", base_url=url) as client:
        yield client


@pytest.fixture
async def gpt(url: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="k", base_url=f"{url}/v1") as client:
        yield client


async def test_anthropics_sdk_reads_the_benchs_answer(claude: anthropic.AsyncAnthropic) -> None:
    tool = {"name": "bash", "input_schema": SHELL}
    asked = {"role": "user", "content": PROMPT}
    async with claude.messages.stream(
        model="m", max_tokens=9, messages=[asked], tools=[tool]
    ) as stream:
        assert "".join([text async for text in stream.text_stream]) == WANTED


async def test_anthropics_sdk_reads_the_benchs_tool_call(claude: anthropic.AsyncAnthropic) -> None:
    tool = {"name": "bash", "input_schema": SHELL}
    asked = {"role": "user", "content": "go [[tool=echo+hi marker=m1x]]"}
    async with claude.messages.stream(
        model="m", max_tokens=9, messages=[asked], tools=[tool]
    ) as stream:
        message = await stream.get_final_message()
    assert (message.stop_reason, message.content[-1].input) == ("tool_use", {"command": "echo hi"})


async def test_anthropics_sdk_reads_an_answer_that_is_no_stream(
    claude: anthropic.AsyncAnthropic,
) -> None:
    asked = {"role": "user", "content": PROMPT}
    message = await claude.messages.create(model="m", max_tokens=9, messages=[asked])
    assert message.content[0].text and message.stop_reason == "end_turn"


async def test_the_bench_has_as_many_files_written_as_were_asked_for(
    claude: anthropic.AsyncAnthropic,
) -> None:
    tool = {"name": "write_file", "input_schema": SHELL}
    messages = [{"role": "user", "content": "go [[writes=2 marker=m1x]]"}]
    paths = []
    while True:
        answer = await claude.messages.create(
            model="m", max_tokens=9, messages=messages, tools=[tool], stream=True
        )
        calls = [e.content_block async for e in answer if e.type == "content_block_start"]
        call = next((block for block in calls if block.type == "tool_use"), None)
        if call is None:
            break
        paths.append(call.id)
        used = {"type": "tool_use", "id": call.id, "name": call.name, "input": {}}
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "written"}
        messages.append({"role": "assistant", "content": [used]})
        messages.append({"role": "user", "content": [result]})
    assert len(paths) == 2


async def test_openais_sdk_reads_the_benchs_chat(gpt: openai.AsyncOpenAI) -> None:
    asked = {"role": "user", "content": PROMPT}
    stream = await gpt.chat.completions.create(model="m", messages=[asked], stream=True)
    choices = [chunk.choices[0] async for chunk in stream if chunk.choices]
    assert "".join(choice.delta.content or "" for choice in choices) == WANTED


async def test_openais_sdk_reads_the_benchs_responses(gpt: openai.AsyncOpenAI) -> None:
    tool = {"type": "function", "name": "shell", "parameters": SHELL}
    async with gpt.responses.stream(model="m", input=PROMPT, tools=[tool]) as stream:
        response = await stream.get_final_response()
    assert response.output_text == WANTED


def test_the_bench_streams_the_same_text_each_time_with_no_fence_open() -> None:
    assert all("".join(tokens(count)).count("```") % 2 == 0 for count in range(1, 400))
    assert tokens(5000)[:100] == tokens(100)[:100]


def test_a_request_aside_gets_a_short_answer() -> None:
    assert Request(PROMPT).answer.tokens == 30
    assert Request(PROMPT, is_aside=True).answer.tokens < 10


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)])
def test_a_percentile_is_the_nearest_rank(share: float, value: float) -> None:
    assert percentile(range(100, 0, -1), share) == value


def test_latencies_of_rounds_are_pooled() -> None:
    both = Latencies([9.0], [1.0]) + Latencies([8.0, 7.0], [2.0, 3.0], lost=1)
    assert (both.p50, both.p99, both.lost) == (2.0, 3.0, 1)
    assert both.summary.startswith("raw 8.0 / 9.0")


def test_the_cpu_of_a_tree_keeps_what_ended_children_used() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); input()"
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE) as process:
        tree = ProcessTree(process.pid, frozenset())
        deadline = time.monotonic() + 30
        while tree.cpu < 0.3 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert tree.cpu >= 0.3
        process.kill()


def test_the_memory_of_a_tree_is_that_of_all_its_processes() -> None:
    parent = "import os, time; data = b'x' * 50_000_000; print('ready', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert 50 < ProcessTree(process.pid, frozenset()).memory < 150
        process.kill()


QUESTIONS = [
    (b"\x1b[6n", b"\x1b[3;2R"),
    (b"\x1b[c", b"\x1b[?62;22c"),
    (b"\x1b]11;?\x1b\\", b"\x1b]11;rgb:1111/1111/1111\x1b\\"),
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),
    (b"\x1b[?2027$p", b"\x1b[?2027;0$y"),
    (b"\x1b[16t", b"\x1b[6;18;9t"),
    (b"\x1b[18t", b"\x1b[8;40;120t"),
]


@pytest.mark.parametrize(("question", "reply"), QUESTIONS)
def test_a_terminals_question_is_found_however_it_is_cut(question: bytes, reply: bytes) -> None:
    for cut in range(len(question) + 1):
        queries = Queries()
        found = queries.find(b"text" + question[:cut]) + queries.find(question[cut:] + b"more")
        assert [answer(one, (1, 2), (120, 40)) for one in found] == [reply]


def test_a_screen_counts_as_drawn_when_prompt_and_rows_are_in_place() -> None:
    half = Piece(1.0, b"\x1b[1;1Hone\x1b[2;1H> ask")
    whole = Piece(2.0, b"\x1b[2;1Htwo   \x1b[5;1H> ask")
    again = Piece(3.0, b"\x1b[1;1Hone")
    assert drawn_at([half, whole, again], (20, 5), "> ask") == 2.0


def test_words_are_found_on_a_screen_drawn_in_pieces() -> None:
    display = Display((20, 2))
    for piece in (b"END-\x1b[2", b";1H> \x1b]0;title\x07\x1b[1;5HOF"):
        display.feed(piece)
    assert display.text.split() == ["END-OF", ">"]


def test_an_echo_is_timed_in_a_real_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "input('READY')"]
    with PseudoTerminal(command, dict(os.environ), str(tmp_path)) as terminal:
        ready = terminal.wait_for("READY", 20.0)
        at = echo(terminal, "ж")
        assert at is not None
        assert terminal.started < ready < at


def test_a_program_that_ends_shows_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('broken')"]
    with (
        PseudoTerminal(command, dict(os.environ), str(tmp_path)) as terminal,
        pytest.raises(EOFError, match="broken"),
    ):
        terminal.wait_for("READY", 20.0)


def test_who_fails_is_shown_as_failed_beside_the_others() -> None:
    def scene(contestant: Contestant) -> float:
        if contestant.name == "Codex":
            raise TimeoutError("no prompt")
        return 3.0

    everyone = [Contestant(name, (), "") for name in ("Loom", "floor", "Codex")]
    row = rounds(everyone, 2, scene).row("n", 4.0, "ms", max)
    assert (row.measured, row.holds) == (3.0, True)
    assert row.beside == {"floor": "3.00 ms", "Codex": "failed"}


def test_a_promise_that_could_not_be_measured_is_broken() -> None:
    samples: Samples[float] = Samples({"Loom": [], "floor": [1.0]}, ["Loom: no prompt"])
    row = samples.row("n", 4.0, "ms", max)
    assert (row.holds, row.detail) == (False, "Loom: no prompt")


def test_the_stored_thread_has_5000_messages_2_mb_and_1500_calls() -> None:
    messages = visible(entries(5000))
    assert len(messages) == 5000
    assert sum(len(message.tool_calls) for message in messages) == 1500
    assert 1.8e6 < sum(len(text_of(message.content)) for message in messages) < 2.6e6
