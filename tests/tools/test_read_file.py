import base64
from pathlib import Path

import pytest

from loom.core.errors import InvalidArguments, PathOutsideWorkspace, ToolError
from loom.tools.base import Answer, ToolContext, parse_arguments
from loom.tools.output import MAX_ANSWER
from loom.tools.read_file import ReadFile
from loom.tools.text_file import content_hash

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


async def read(context: ToolContext, **arguments: object) -> Answer:
    tool = ReadFile()
    return await tool.run(parse_arguments(tool, arguments), context)


async def test_lines_are_numbered(workspace: Path, context: ToolContext) -> None:
    (workspace / "a").write_text("one\n\nthree")
    answer = await read(context, path="a")
    assert answer.text == "     1→one\n     2→\n     3→three\n"


async def test_range_is_shown_and_says_how_to_read_on(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("".join(f"{n}\n" for n in range(1, 10)))
    answer = await read(context, path="a", offset=3, limit=2)
    assert answer.text.startswith("     3→3\n     4→4\n[Lines 3-4;")
    assert "offset=5" in answer.text


async def test_the_person_sees_numbers_no_wider_than_they_are(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("".join(f"{n}\n" for n in range(1, 30)))
    display = (await read(context, path="a", offset=9, limit=2)).display
    assert display is not None and display.body == " 9  9\n10  10\n"


async def test_last_lines_are_not_called_a_part(workspace: Path, context: ToolContext) -> None:
    (workspace / "a").write_text("1\n2\n3\n")
    assert (await read(context, path="a", offset=2, limit=2)).text == "     2→2\n     3→3\n"


async def test_offset_behind_the_end_tells_the_length(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("1\n2\n")
    with pytest.raises(InvalidArguments, match="has 2 lines"):
        await read(context, path="a", offset=9)


async def test_long_file_can_be_read_to_its_end_in_parts(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a").write_text("".join(f"line {n} {'x' * 80}\n" for n in range(3_000)))
    seen, offset = "", 1
    while True:
        text = (await read(context, path="a", offset=offset)).text
        assert len(text) <= MAX_ANSWER
        seen += text
        if "offset=" not in text:
            break
        offset = int(text.rsplit("offset=", 1)[1].rstrip(".]"))
    assert all(f"→line {n} " in seen for n in range(3_000))


async def test_max_bytes_bounds_the_text(workspace: Path, context: ToolContext) -> None:
    (workspace / "a").write_text("12345678\n" * 100)
    answer = await read(context, path="a", max_bytes=100)
    assert answer.text.count("→") == 6


async def test_endless_line_is_cut_with_its_length(workspace: Path, context: ToolContext) -> None:
    (workspace / "a").write_text("x" * 3_000_000 + "\nend\n")
    answer = await read(context, path="a")
    assert "… [2,998,000 more characters]\n     2→end\n" in answer.text


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be"])
async def test_byte_order_marks_are_understood(
    workspace: Path, context: ToolContext, codec: str
) -> None:
    mark = b"\xfe\xff" if codec == "utf-16-be" else b""
    (workspace / "a").write_bytes(mark + "grüße\r\nworld\r\n".encode(codec))
    assert (await read(context, path="a")).text == "     1→grüße\n     2→world\n"


async def test_broken_utf8_is_shown_lossily(workspace: Path, context: ToolContext) -> None:
    (workspace / "a").write_bytes(b"caf\xe9\n")
    assert (await read(context, path="a")).text == "     1→caf�\n"


async def test_binary_is_named_not_shown(workspace: Path, context: ToolContext) -> None:
    (workspace / "a").write_bytes(b"\x7fELF\0\0" + bytes(100))
    assert (await read(context, path="a")).text == (
        "a is binary (ELF executable, 106 bytes); its content is not shown."
    )


@pytest.mark.parametrize(
    ("start", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0\0\0", "image/jpeg"),
        (b"GIF89a\0\0", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
async def test_images_come_as_images_whatever_their_name(
    workspace: Path, context: ToolContext, start: bytes, media_type: str
) -> None:
    (workspace / "picture.txt").write_bytes(start)
    image = (await read(context, path="picture.txt")).images[0]
    assert image.media_type == media_type
    assert base64.b64decode(image.data) == start


async def test_image_too_large_for_a_model_is_refused(
    workspace: Path, context: ToolContext
) -> None:
    (workspace / "a.png").write_bytes(PNG + bytes(4_000_000))
    with pytest.raises(ToolError, match="at most 3,932,160"):
        await read(context, path="a.png")


async def test_content_is_remembered_by_its_hash(workspace: Path, context: ToolContext) -> None:
    (workspace / "a").write_text("one\n")
    await read(context, path="a", limit=1)
    assert context.memory.seen == {workspace / "a": content_hash(b"one\n")}


async def test_outputs_kept_for_the_session_can_be_read(context: ToolContext) -> None:
    context.scratch.mkdir()
    (context.scratch / "output").write_text("long")
    (context.scratch / "link").symlink_to("/etc/passwd")
    assert (await read(context, path=f"{context.scratch}/output")).text == "     1→long\n"
    for path in (f"{context.scratch}/link", f"{context.scratch}/../workspace"):
        with pytest.raises(PathOutsideWorkspace):
            await read(context, path=path)


async def test_empty_file_says_so(workspace: Path, context: ToolContext) -> None:
    (workspace / "a").touch()
    assert (await read(context, path="a")).text == "[The file is empty.]"


def test_summary_names_the_range() -> None:
    tool = ReadFile()
    arguments = parse_arguments(tool, {"path": "a.py", "offset": 3, "limit": 5})
    assert tool.summary(arguments) == "read a.py:3-7"
