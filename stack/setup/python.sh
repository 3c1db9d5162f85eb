#!/usr/bin/env bash
# Print the Python that .venv is made from: $PYTHON, python3 or python3.11 to 3.13, whichever is first in range.
set -euo pipefail

seen=()
for name in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
    # Runs the candidate: a shim of a version manager can be on PATH with nothing behind it.
    answer=$("$name" -c 'import os, sys; print("%d.%d" % sys.version_info[:2], os.path.realpath(sys.executable))' 2>/dev/null) ||
        continue
    case ${answer%% *} in
        3.11 | 3.12 | 3.13) echo "${answer#* }" && exit 0 ;;
        *) seen+=("$name is ${answer%% *}") ;;
    esac
done
was=$(printf ', %s' "${seen[@]}")
echo "ticklake: no usable Python; install python3.13 (or 3.12, 3.11), or set PYTHON to one." \
    "Expected 3.11 to 3.13, was ${was#, }" >&2
exit 1
