from loom.core.history import CompactionEntry, Entry, MessageEntry, ToolResultEntry, UnknownEntry
from loom.core.messages import (
    Display,
    Message,
    Text,
    Thinking,
    Thread,
    ToolCall,
    ToolResult,
)
from loom.threads.markdown import render
from tests.threads.samples import answered, said, shown

CALL = ToolCall("c1", "bash", {"command": "make <all>"})


def page(*entries: Entry, title: str = "Fix it") -> str:
    return render(Thread("T-1", title=title, workspace="/w", created_at=0), entries)


def replied(*blocks: Text | Thinking | ToolCall) -> MessageEntry:
    return MessageEntry(Message("assistant", blocks, model="m-1"))


def test_page_opens_with_the_title_and_the_facts() -> None:
    start = "# Fix it\n\n- Thread: T-1\n- Started: 1970-01-01 00:00 UTC\n"
    assert page().startswith(start)


def test_speakers_are_headings_and_their_words_stay_markdown() -> None:
    text = page(said("**please**"), replied(Text("done")))
    assert "## You\n\n**please**\n\n## Loom (m-1)\n\ndone\n" in text


def test_call_is_folded_with_its_arguments_and_its_answer() -> None:
    text = page(replied(CALL), answered("all good"))
    folded = text[text.index("<details>") :]
    assert folded.startswith("<details><summary>bash</summary>\n\n```json\n")
    assert '"command": "make <all>"' in folded
    assert "```\nall good\n```\n\n</details>" in folded


def test_failed_call_says_so_and_an_edit_shows_its_diff() -> None:
    failed = ToolResult("c1", (Text("Error: x"),), is_error=True)
    assert "<summary>bash (failed)</summary>" in page(replied(CALL), ToolResultEntry(failed))
    edit = ToolResult("c1", (Text("ok"),), display=Display("diff", "a.py <1>", "-old\n+new"))
    text = page(replied(CALL), ToolResultEntry(edit))
    assert "<summary>bash: a.py &lt;1&gt;</summary>" in text
    assert "```diff\n-old\n+new\n```" in text


def test_call_without_answer_says_so() -> None:
    assert "<summary>bash: not answered</summary>" in page(replied(CALL))


def test_output_with_fences_cannot_leave_its_block() -> None:
    text = page(replied(CALL), answered("````\n</details>\n````"))
    assert "`````\n````\n</details>\n````\n`````" in text


def test_thinking_and_summaries_are_folded() -> None:
    text = page(replied(Thinking("hm\nwell")), CompactionEntry("all of it", 4))
    assert "<summary>Thinking</summary>\n\n> hm\n> well\n" in text
    assert "summary of the first 4 messages</summary>\n\n> all of it\n" in text


def test_what_cannot_be_shown_is_named() -> None:
    text = page(shown(), UnknownEntry("dream", {}))
    assert "*[image/png, " in text
    assert "`dream`, which this Loom cannot show" in text


def test_page_cannot_speak_to_the_terminal() -> None:
    assert "\x1b" not in page(replied(CALL), answered("\x1b]0;owned\x07"), title="a\x1b[2J")
