from pathlib import Path

from loom.threads.location import database


def test_database_lies_in_the_users_data_folder() -> None:
    assert database({"XDG_DATA_HOME": "/data"}) == Path("/data/loom/loom.db")
    assert database({"HOME": "/home/ada"}) == Path("/home/ada/.local/share/loom/loom.db")
