import sqlite3
from contextlib import closing

import pytest

from loom.db import insert


@pytest.mark.parametrize("count", [0, 1, 9, 10, 49, 50, 51, 137])
def test_any_number_of_rows_is_added_in_order(count: int) -> None:
    rows = [(number, f"text {number}", None) for number in range(count)]
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (a, b, c)")
        insert(connection, "INSERT INTO t (a, b, c)", rows)
        assert connection.execute("SELECT a, b, c FROM t ORDER BY rowid").fetchall() == rows
