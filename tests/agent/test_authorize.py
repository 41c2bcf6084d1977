from loom.agent.authorize import flags_that_allow
from loom.core.permissions import Access, parse_rule

EDIT = Access("edit_file", "write", ("src/a.py",))
RUN = Access("bash", "execute", ("make test", "git push"))


def test_refused_edit_names_the_modes_and_the_rule_that_allow_it():
    told = flags_that_allow("ask", (), EDIT)
    assert told == ("Allow it with --mode edit or --mode auto or --allow “edit_file(src/a.py)”.")


def test_plan_mode_names_only_other_modes():
    assert flags_that_allow("plan", (), EDIT) == "Allow it with --mode edit or --mode auto."


def test_line_of_several_commands_needs_a_rule_for_each():
    told = flags_that_allow("ask", (), RUN)
    assert told == "Allow it with --allow “bash(make test *)” --allow “bash(git push *)”."


def test_call_that_a_rule_forbids_has_no_flag():
    assert flags_that_allow("ask", (parse_rule("deny edit_file"),), EDIT) == ""


def test_call_that_could_not_be_parsed_needs_the_bare_rule():
    unclear = Access("bash", "execute", (), is_parsed=False)
    assert flags_that_allow("ask", (), unclear) == "Allow it with --allow “bash”."
