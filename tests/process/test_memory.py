import subprocess
import sys

# Root may look anywhere, so root first becomes somebody; that alone ends dumpability, which is
# therefore given back before the control.
CODE = """
import ctypes, os, subprocess
from loom.process import make_undumpable

def can_be_read():
    look = ["cat", f"/proc/{os.getpid()}/environ"]
    return subprocess.run(look, capture_output=True).returncode == 0

if os.getuid() == 0:
    os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
print(can_be_read(), make_undumpable(), can_be_read())
"""


def test_same_user_cannot_read_an_undumpable_process() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "False"]
