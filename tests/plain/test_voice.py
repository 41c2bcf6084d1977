from io import StringIO

from loom.plain.voice import Voice


def test_a_line_begins_on_a_line_of_its_own() -> None:
    stream = StringIO()
    voice = Voice(stream)
    voice.flow("Loom: half")
    voice.say("Tool: done")
    assert stream.getvalue() == "Loom: half\nTool: done\n"


def test_nothing_said_can_steer_the_terminal() -> None:
    stream = StringIO()
    Voice(stream).say("a\x1b[2Jb\x07\x9b")
    assert stream.getvalue() == "a␛[2Jb␇\ufffd\n"


def test_a_prompt_that_stood_there_follows_what_was_said() -> None:
    stream = StringIO()
    voice = Voice(stream, typed=lambda: "hal")
    voice.prompted("You: ")
    voice.say("Mode: edit.")
    assert stream.getvalue() == "\nMode: edit.\nYou: hal"


def test_a_line_from_a_pipe_is_shown() -> None:
    stream = StringIO()
    voice = Voice(stream)
    voice.prompted("You: ")
    voice.entered("hi")
    voice.say("Loom is at work.")
    assert stream.getvalue() == "hi\nLoom is at work.\n"
