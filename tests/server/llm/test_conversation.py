import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loom.core.errors import ProviderError
from loom.core.messages import (
    Block,
    Image,
    Message,
    Opaque,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from loom.server.llm.conversation import AssistantTurn, UserTurn, conversation


def user(*blocks: Block | str) -> Message:
    return Message("user", tuple(Text(b) if isinstance(b, str) else b for b in blocks))


def assistant(*blocks: Block | str) -> Message:
    return Message("assistant", tuple(Text(b) if isinstance(b, str) else b for b in blocks))


def turns(*messages: Message, provider: str = "p") -> tuple[UserTurn | AssistantTurn, ...]:
    return conversation(messages, provider).turns


CALL = ToolCall("c1", "read_file", {"path": "a"})
RESULT = ToolResult("c1", (Text("contents"),))


def test_system_messages_are_joined_apart():
    history = conversation(
        [Message("system", (Text("one"),)), user("hi"), Message("system", (Text("two"),))], "p"
    )
    assert history.system == "one\n\ntwo"
    assert history.turns == (UserTurn(content=(Text("hi"),)),)


def test_consecutive_messages_of_one_role_are_one_turn():
    assert turns(user("a"), user("b"), assistant("c"), assistant("d"), user("e")) == (
        UserTurn(content=(Text("a"), Text("b"))),
        AssistantTurn((Text("c"), Text("d"))),
        UserTurn(content=(Text("e"),)),
    )


def test_results_come_first_and_in_call_order():
    other = ToolCall("c2", "bash")
    _, _, last = turns(
        user("a"),
        assistant(CALL, other),
        user("by the way", ToolResult("c2", (Text("2"),))),
        user(RESULT),
    )
    assert isinstance(last, UserTurn)
    assert [result.tool_use_id for result in last.results] == ["c1", "c2"]
    assert last.content == (Text("by the way"),)


def test_unanswered_call_gets_an_error_as_its_result():
    _, _, last = turns(user("a"), assistant(CALL))
    assert isinstance(last, UserTurn)
    (result,) = last.results
    assert (result.tool_use_id, result.is_error) == ("c1", True)


def test_second_answer_to_a_call_is_kept_as_text():
    _, _, last = turns(user("a"), assistant(CALL), user(RESULT, RESULT))
    assert isinstance(last, UserTurn)
    assert len(last.results) == 1
    assert last.content[-1] == Text("contents")


def test_result_whose_call_was_folded_away_becomes_text():
    (only,) = turns(user("summary", RESULT))
    assert only == UserTurn(
        content=(Text("summary"), Text("Result of an earlier tool call:"), Text("contents"))
    )


def test_calls_in_a_row_without_results_between_are_separated():
    _, _, answered, again, last = turns(user("a"), assistant(CALL), assistant("b"))
    assert isinstance(answered, UserTurn)
    assert answered.results[0].is_error
    assert again == AssistantTurn((Text("b"),))
    assert last == UserTurn(content=(Text("Continue."),))


def test_history_that_begins_with_the_model_gets_a_user_turn_before():
    first, *_ = turns(assistant("a"), user("b"))
    assert first == UserTurn(content=(Text("Continue."),))


def test_reasoning_goes_back_to_its_maker_alone_and_only_signed():
    thought = Thinking("t", "sig", "anthropic")
    opaque = Opaque("openai", {"type": "reasoning"})
    message = assistant(thought, Thinking("u", "", "anthropic"), opaque, "x")
    assert turns(user("a"), message, user("b"), provider="anthropic")[1] == AssistantTurn(
        (thought, Text("x"))
    )
    assert turns(user("a"), message, user("b"), provider="openai")[1] == AssistantTurn(
        (opaque, Text("x"))
    )


@pytest.mark.parametrize("call_id", ["", "a b", "functions.f:0", "ä", "x" * 41, "call\n1"])
def test_call_ids_are_made_fit_and_stay_the_same_next_time(call_id: str):
    messages = (user("a"), assistant(ToolCall(call_id, "f")), user(ToolResult(call_id)))
    _, said, last = turns(*messages)
    assert isinstance(said, AssistantTurn)
    assert isinstance(last, UserTurn)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", said.tool_calls[0].id)
    assert last.results[0].tool_use_id == said.tool_calls[0].id
    assert not last.results[0].is_error
    assert turns(*messages) == turns(*messages)


def test_repeated_call_ids_are_told_apart():
    again = (assistant(CALL), user(RESULT))
    history = turns(user("a"), *again, *again)
    ids = [
        call.id for turn in history if isinstance(turn, AssistantTurn) for call in turn.tool_calls
    ]
    assert ids[0] == "c1"
    assert len(set(ids)) == 2


def test_ten_thousand_calls_of_one_id_are_told_apart_without_delay():
    calls = [ToolCall("call_0", "f", {"n": n}) for n in range(10_000)]
    results = [ToolResult("call_0", (Text(str(n)),)) for n in range(10_000)]
    start = time.process_time()
    _, said, last = turns(user("a"), assistant(*calls), user(*results))
    assert time.process_time() - start < 2
    assert isinstance(said, AssistantTurn)
    assert isinstance(last, UserTurn)
    answered = {result.tool_use_id: result.content for result in last.results}
    assert [answered[call.id] for call in said.tool_calls] == [r.content for r in results]


def test_ten_thousand_messages_in_a_row_become_one_turn_without_delay():
    start = time.process_time()
    _, said, _ = turns(user("a"), *[assistant("b")] * 10_000)
    assert time.process_time() - start < 2
    assert isinstance(said, AssistantTurn)
    assert len(said.content) == 10_000


def test_image_that_nobody_reads_is_told_in_words():
    (only,) = turns(user(Image("image/tiff", "aaaa"), Image("image/png", "aaaa")))
    assert isinstance(only, UserTurn)
    assert only.content == (
        Text("[An image of type image/tiff was left out.]"),
        Image("image/png", "aaaa"),
    )


def test_history_without_anything_to_say_is_refused():
    with pytest.raises(ProviderError):
        conversation([user(" "), assistant("")], "p")


ids = st.sampled_from(["c1", "c2", "", "ä b", "x" * 50])
texts = st.sampled_from(["", " ", "text", "\n\n"]).map(Text)
images = st.sampled_from([Image("image/png", "a"), Image("image/bmp", "a"), Image("", "")])
results = st.builds(ToolResult, ids, st.lists(texts | images, max_size=2).map(tuple), st.booleans())
spoken = (
    texts
    | images
    | st.builds(ToolCall, ids, st.sampled_from(["f", "", "a.b"]))
    | st.builds(Thinking, st.just("t"), st.sampled_from(["", "s"]), st.sampled_from(["p", "q"]))
    | st.builds(Opaque, st.sampled_from(["p", "q"]), st.just({"type": "x"}))
)
messages = st.builds(
    Message, st.just("user"), st.lists(texts | images | results, max_size=4).map(tuple)
) | (st.builds(Message, st.just("assistant"), st.lists(spoken, max_size=4).map(tuple)))


@given(history=st.lists(messages, max_size=8))
def test_any_history_comes_out_valid(history: list[Message]):
    made = turns(*history, user("go on"))
    assert isinstance(made[0], UserTurn)
    assert isinstance(made[-1], UserTurn)
    seen: set[str] = set()
    for before, after in pairwise(made):
        assert type(before) is not type(after)
        if isinstance(before, AssistantTurn):
            assert isinstance(after, UserTurn)
            called = [call.id for call in before.tool_calls]
            assert called == [result.tool_use_id for result in after.results]
            assert not seen & set(called)
            assert len(set(called)) == len(called)
            seen |= set(called)
            assert before.content
        elif isinstance(before, UserTurn):
            assert before.results or before.content
