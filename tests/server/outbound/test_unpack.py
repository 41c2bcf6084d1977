import gzip
import zlib

import pytest

from loom.core.errors import ProviderError
from loom.server.outbound.pool import Pool
from loom.server.outbound.unpack import PIECE, CannotUnpack, Unpacker
from loom.server.upstream import exchange_at
from tests.fakes.upstream import Line, Received, answer
from tests.server.conftest import Upstream
from tests.server.outbound.conftest import LIMITS, ask

TEXT = b"the same words again and again " * 100
_raw = zlib.compressobj(wbits=-15)
PACKED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "x-gzip": ("X-Gzip", gzip.compress(TEXT)),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "deflate without its head": ("deflate", _raw.compress(TEXT) + _raw.flush()),
}


@pytest.mark.parametrize(("coding", "packed"), PACKED.values(), ids=PACKED.keys())
async def test_a_packed_answer_is_unpacked_however_it_is_cut(
    pool: Pool, upstream: Upstream, coding: str, packed: bytes
) -> None:
    up = await upstream(answer(packed, content_encoding=coding))
    assert await ask(pool, up.url) == TEXT
    unpacker = Unpacker(coding.lower())
    assert b"".join(unpacker.unpack(packed[i : i + 1]) for i in range(len(packed))) == TEXT
    unpacker.finish()


async def test_a_small_body_that_holds_a_huge_one_is_unpacked_piece_by_piece(
    pool: Pool, upstream: Upstream
) -> None:
    up = await upstream(answer(gzip.compress(bytes(50_000_000)), content_encoding="gzip"))
    async with exchange_at(pool, LIMITS, up.url, headers={}, body=b"{}") as exchange:
        sizes = [len(await exchange.read()) for _ in range(5)]
    assert max(sizes) <= PIECE
    with pytest.raises(ProviderError, match="more than"):
        async with exchange_at(pool, LIMITS, up.url, headers={}, body=b"{}") as exchange:
            await exchange.body(1_000_000)


BROKEN = {
    "of another kind": ("gzip", TEXT),
    "cut": ("gzip", gzip.compress(TEXT)[:-9]),
    "of a coding that nobody knows": ("br", TEXT),
}


@pytest.mark.parametrize(("coding", "body"), BROKEN.values(), ids=BROKEN.keys())
async def test_what_cannot_be_unpacked_is_an_error(
    pool: Pool, upstream: Upstream, coding: str, body: bytes
) -> None:
    up = await upstream(answer(body, content_encoding=coding))
    with pytest.raises(ProviderError, match="unpacked"):
        await ask(pool, up.url)


async def test_a_packed_stream_comes_as_it_is_read(pool: Pool, upstream: Upstream) -> None:
    packer = zlib.compressobj(wbits=31)
    pieces = [packer.compress(b"a" * 9) + packer.flush(zlib.Z_SYNC_FLUSH) for _ in range(3)]

    async def packed(request: Received, line: Line) -> None:
        await line.stream(content_encoding="gzip")
        for piece in (*pieces, packer.flush()):
            await line.chunk(piece)
        await line.end()

    got: list[bytes] = []

    async def drain() -> None:
        got.append(b"|")

    def write(data: bytes) -> bool:
        got.append(data)
        return len(got) == 1

    async with exchange_at(pool, LIMITS, (await upstream(packed)).url, headers={}) as exchange:
        await exchange.pour(write, drain)
    assert b"".join(got).replace(b"|", b"") == b"a" * 27
    assert got[1] == b"|"


def test_a_coding_that_nobody_knows_is_said() -> None:
    with pytest.raises(CannotUnpack, match="'zstd'"):
        Unpacker("zstd")
