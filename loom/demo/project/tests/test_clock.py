import unittest

from timesheet.clock import format_minutes, minutes_between, parse_time


class ClockTest(unittest.TestCase):
    def test_a_time_is_minutes_since_midnight(self):
        self.assertEqual(parse_time("00:00"), 0)
        self.assertEqual(parse_time("09:05"), 545)

    def test_what_is_no_time_is_refused(self):
        for text in ("", "9", "9:5", "24:01", "12:60", "noon"):
            with self.subTest(text), self.assertRaises(ValueError):
                parse_time(text)

    def test_a_stretch_within_a_day(self):
        self.assertEqual(minutes_between(parse_time("09:00"), parse_time("12:30")), 210)

    def test_a_stretch_past_midnight(self):
        self.assertEqual(minutes_between(parse_time("22:00"), parse_time("01:30")), 210)

    def test_minutes_are_shown_as_hours(self):
        self.assertEqual(format_minutes(210), "3:30")
        self.assertEqual(format_minutes(5), "0:05")
