"""What the loop takes, and what it never hears of again."""

from loom.agent.inbox import Inbox


async def test_items_are_taken_in_the_order_they_came():
    inbox = Inbox()
    inbox.put("op")
    inbox.post("outcome")
    assert [await inbox.take(), await inbox.take()] == ["op", "outcome"]


async def test_outcomes_of_stopped_work_are_forgotten_and_ops_are_not():
    inbox = Inbox()
    inbox.post("stale")
    inbox.put("op")
    inbox.forget()
    inbox.post("fresh")
    assert [await inbox.take(), await inbox.take()] == ["op", "fresh"]
