"""Files completed in the real app, found by a real worker."""

from tests.screens.test_chat import chat_of, leave, until


async def test_a_file_is_completed_by_a_few_letters(make_app, workspace):
    (workspace / "test_store.py").touch()
    async with make_app().run_test() as pilot:
        prompt = chat_of(pilot.app).prompt
        await pilot.press("@")
        await until(pilot, lambda: len(prompt._menu.rows) == 2)
        await pilot.press("t", "s")
        await until(pilot, lambda: [r.choice.value for r in prompt._menu.rows] == ["test_store.py"])
        await pilot.press("tab")
        assert prompt.text == "@test_store.py "
        await leave(pilot)


async def test_keys_go_on_while_the_worker_starts(make_app):
    async with make_app().run_test() as pilot:
        await pilot.press(*"@a.t is it", "left")
        assert chat_of(pilot.app).prompt.text == "@a.t is it"
        await leave(pilot)
