"""Google Programmable Search and Serper as their documentation shows them, on a real socket."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.upstream import Line, Received

GOOGLE_KEY = "AIzaTestKeyOfTheSearchEngine0123456789ab"
ENGINE_ID = "0123456789abcdef0"
SERPER_KEY = "serper-key-of-the-test-suite"


async def google(request: Received, line: Line) -> None:
    """GET with `cx`, `q`, `num` and the key in a header."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
    if request.headers.get("x-goog-api-key") != GOOGLE_KEY or query.get("cx") != ENGINE_ID:
        return await _answer(line, 403, {"error": {"code": 403, "status": "PERMISSION_DENIED"}})
    if not 1 <= int(query["num"]) <= 10:
        return await _answer(line, 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT"}})
    items = [
        {
            "kind": "customsearch#result",
            "title": f"{query['q']} {rank}",
            "htmlTitle": f"<b>{query['q']}</b> {rank}",
            "link": f"https://example.org/{rank}",
            "displayLink": "example.org",
            "snippet": f"About {query['q']}.",
        }
        for rank in range(1, int(query["num"]) + 1)
    ]
    # Google leaves `items` out when nothing was found.
    found = {} if query["q"] == "nothing" else {"items": items}
    return await _answer(line, 200, {"kind": "customsearch#search", **found})


async def serper(request: Received, line: Line) -> None:
    """POST of `q` and `num`."""
    if request.headers.get("x-api-key") != SERPER_KEY:
        return await _answer(line, 403, {"message": "Unauthorized.", "statusCode": 403})
    asked = request.json()
    organic = [
        {
            "title": f"{asked['q']} {rank}",
            "link": f"https://example.com/{rank}",
            "snippet": f"About {asked['q']}.",
            "position": rank,
        }
        for rank in range(1, asked["num"] + 1)
    ]
    return await _answer(line, 200, {"searchParameters": asked, "organic": organic, "credits": 1})


async def _answer(line: Line, status: int, body: dict[str, Any]) -> None:
    await line.whole(json.dumps(body).encode(), status)
