import unittest

from timesheet.sheet import add_up, parse_line


class SheetTest(unittest.TestCase):
    def test_a_line_is_a_task_and_its_minutes(self):
        self.assertEqual(parse_line("mon 09:00-12:30 design"), ("design", 210))

    def test_stretches_of_one_task_are_added(self):
        lines = ["mon 09:00-10:00 code", "", "# lunch", "mon 13:00-14:30 code"]
        self.assertEqual(add_up(lines), {"code": 150})

    def test_a_line_that_makes_no_sense_is_named(self):
        with self.assertRaisesRegex(ValueError, "line 2"):
            add_up(["mon 09:00-10:00 code", "what was this?"])
