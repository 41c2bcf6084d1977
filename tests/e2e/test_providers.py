"""One turn with every tool step, typed in a real terminal, over each provider's own wire.

The fake holds every request against the official SDK's types, so a request that the provider
would refuse is refused here too.
"""

import pytest

from loom.core.history import visible
from loom.core.messages import Message, text_of
from loom.threads.store import ThreadStore
from tests.e2e.conftest import Home
from tests.e2e.person import allow, asked, say
from tests.e2e.providers import PROVIDERS, WIRES, variables
from tests.fakes.providers import Asked, Call, FakeProvider, Say, Turn

NOTE = "Grüße an die Welt\nold line\n"
LOUD = "tr a-z A-Z < note.txt | tee loud.txt"


class Mender:
    """Reads, edits, runs, and ends with what the last tool really said."""

    def __init__(self) -> None:
        self.step = 0

    def __call__(self, asked: Asked) -> Turn:
        self.step += 1
        if self.step == 1:
            return Turn(Say("I read the note. 世界"), Call("read_file", {"path": "note.txt"}))
        if self.step == 2:
            edits = [{"old_str": "old line", "new_str": "new line"}]
            return Turn(
                Say("I change it."), Call("edit_file", {"path": "note.txt", "edits": edits})
            )
        if self.step == 3:
            return Turn(Call("bash", {"command": LOUD}))
        (result,) = asked.results
        line = next(line for line in result.splitlines() if "LINE" in line)
        return Turn(Say(f"Done; the shell said: {line}"))


@pytest.mark.parametrize("wire", WIRES)
async def test_typed_turn_runs_its_tools_over_the_wire_of(wire: str, home: Home, loom):
    (home.workspace / "note.txt").write_text(NOTE)
    async with FakeProvider(Mender()) as fake:
        screen = await loom(**variables(wire, fake))
        await screen.until("ready")
        await say(screen, "mend the note")
        await asked(screen, "edit_file")
        assert screen.shows("- old line") and screen.shows("+ new line")
        await allow(screen, "edit_file")
        await allow(screen, "bash")
        await screen.until("Done; the shell said: NEW LINE", "ready")
        screen.key("ctrl+d")
        assert await screen.exit() == 0
    requests = [record for record in fake.requests if record.method == "POST"]
    assert [record.problem for record in requests] == [""] * 4
    assert [record.asked.wire for record in requests] == [wire] * 4
    read, edited, ran = [record.asked.results[0] for record in requests[1:]]
    assert "Grüße an die Welt" in read and "old line" in read
    assert "note.txt" in edited
    assert "NEW LINE" in ran
    assert (home.workspace / "note.txt").read_text() == NOTE.replace("old", "new")
    await check_thread(home, wire)


async def check_thread(home: Home, wire: str) -> None:
    """The whole turn is on disk, every call answered in order."""
    messages = await stored(home)
    assert [message.role for message in messages] == [
        "user",
        *["assistant", "user"] * 3,
        "assistant",
    ]
    assert messages[0].text == "mend the note"
    assert messages[1].text == "I read the note. 世界"
    assert messages[-1].text == "Done; the shell said: NEW LINE"
    calls = [call for message in messages for call in message.tool_calls]
    results = [result for message in messages for result in message.tool_results]
    assert [call.name for call in calls] == ["read_file", "edit_file", "bash"]
    assert [result.tool_use_id for result in results] == [call.id for call in calls]
    assert len({call.id for call in calls}) == 3
    assert "NEW LINE" in text_of(results[-1].content)
    assert {m.provider for m in messages if m.role == "assistant"} == {PROVIDERS[wire]}
    assert all(m.usage.output_tokens == 7 for m in messages if m.role == "assistant")


async def stored(home: Home) -> tuple[Message, ...]:
    """The only thread's conversation, from the database."""
    async with ThreadStore.open(home.database) as store:
        (thread,) = await store.list()
        return visible(await store.entries(thread.id))
