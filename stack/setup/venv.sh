#!/usr/bin/env bash
# Make .venv from the hashed lock, when it is missing or stale.
#
# Stale means that the lock, pyproject.toml, this folder or the place of the checkout changed since .venv was complete.
# The stamp is written last, so an interrupted set-up is taken up again; a second make waits for the first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

wanted=$({ pwd && cat requirements.lock pyproject.toml stack/setup/{uv.txt,uv.sh,venv.sh}; } | sha256sum)
is_fresh() { [[ -x .venv/bin/python && -f .venv/stamp && $(<.venv/stamp) == "$wanted" ]]; }
beat=20 # seconds of silence after which there is a sign of life
tell() {
    local line part="" step="downloading" code=0
    while true; do
        IFS= read -r -t "$beat" line && code=0 || code=$?
        if ((code > 128)); then # nothing was said for so long
            part+=$line
            echo "  still $step, after ${SECONDS} s$(compiled)"
            continue
        fi
        line=$part$line part=""
        case $line in
            " + "* | " - "* | " ~ "* | "") ;;
            "Prepared "*) step="installing" && echo "$line; installing them" ;;
            "Installed "*)
                step="compiling"
                echo "$line; compiling them: two minutes on two quiet cores, ten where they are busy"
                ;;
            *) echo "$line" ;;
        esac
        ((code == 0)) || break
    done
}
compiled() {
    if [[ $step == compiling ]]; then
        echo ": $(find .venv -name '*.pyc' | wc -l) files so far"
    fi
}
is_usable() { .venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

if is_fresh; then
    exit 0
fi
exec 9>.venv.lock
if ! flock --nonblock 9; then
    echo "ticklake: waiting for another set-up of this checkout" >&2
    flock 9
fi
if is_fresh; then
    exit 0
fi

echo "ticklake: setting up .venv (the first time downloads about 1.3 GB and takes 3 GB of disk)" >&2
export UV_PYTHON_DOWNLOADS=never UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-120}
uv=$(stack/setup/uv.sh)
rm -f .venv/stamp
if ! is_usable; then
    # Relocatable: console scripts keep working when the checkout is moved.
    "$uv" venv --quiet --clear --relocatable --python "$(stack/setup/python.sh)" .venv
fi
# The lock also binds what builds the two packages that come as source (pyspark, antlr4). Bytecode now, since
# importing Dagster, MLflow and Spark takes 13 s without and 6 s with it, in every process of the demo.
# Shown is what is being downloaded and which step has begun, and not a line for each of some 270 packages.
"$uv" pip sync --python .venv/bin/python --require-hashes --compile-bytecode \
    --build-constraints requirements.lock requirements.lock 2>&1 | tell >&2
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
echo "$wanted" >.venv/stamp
