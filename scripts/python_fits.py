"""Says in one sentence why this Python cannot run Instep; silent when it can. Runs on any Python 3."""

import platform
import sys

version = "{}.{}".format(*sys.version_info[:2])
if platform.python_implementation() != "CPython" or sys.version_info[:2] < (3, 11):
    sys.exit(
        f"Instep needs CPython 3.11 or newer, and this is {platform.python_implementation()} {version}. "
        "Name another with: make PYTHON=python3.12 …"
    )
for module, package in (("venv", "python3-venv"), ("ensurepip", "python3-venv")):
    try:
        __import__(module)
    except ImportError:
        sys.exit(
            f"Instep needs Python's {module} module, which this Python was installed without. "
            f"On Debian and Ubuntu: apt-get install {package}"
        )
