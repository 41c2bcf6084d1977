"""The welcome of an empty conversation in the real app."""

from tests.screens.test_chat import chat_of, leave, live


async def test_the_welcome_is_drawn_once(make_app):
    async with make_app().run_test() as pilot:
        view = chat_of(pilot.app).transcript
        drawn = view.items
        assert drawn
        await live(pilot)
        assert view.items == drawn
        await leave(pilot)


async def test_a_new_thread_has_a_welcome_of_its_own(make_app):
    async with make_app(notes=("mind the gap",)).run_test() as pilot:
        await live(pilot)
        view = chat_of(pilot.app).transcript
        first = [item.text for item in view.items]
        view.notice("said in between")
        chat_of(pilot.app).greeting.show()
        assert [item.text for item in view.items] == first
        await leave(pilot)
