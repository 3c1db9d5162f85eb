#!/usr/bin/env bash
# Print the path of uv, in the version and with the hash that uv.txt pins; install it into .uv when it is not there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

pins=stack/setup/uv.txt
uv=$PWD/.uv/bin/uv
if cmp -s "$pins" .uv/installed && [[ -x $uv ]]; then
    echo "$uv" && exit 0
fi

python=$(stack/setup/python.sh)
# Debian keeps ensurepip in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if ! stack/setup/apt.sh "$package" || ! "$python" -c 'import ensurepip, venv'; then
        echo "ticklake: $python cannot make virtual environments. Install the package $package" >&2
        exit 1
    fi
fi

rm -rf .uv
"$python" -m venv .uv
.uv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement "$pins" >&2
cp "$pins" .uv/installed
echo "$uv"
