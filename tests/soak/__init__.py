import sys

# The processes that are killed come by here too, and need no pytest.
if "pytest" in sys.modules:
    sys.modules["pytest"].register_assert_rewrite("tests.soak.verify", "tests.soak.validity")
