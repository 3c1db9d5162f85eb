#!/usr/bin/env bash
# Print the path of a Chromium or Chrome for the tests in a browser; install one with apt-get where there is none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# One that starts: Ubuntu's chromium-browser is a script that only says where else to look.
find_chromium() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if "$name" --version >/dev/null 2>&1; then
            command -v "$name" && return
        fi
    done
    return 1
}

if ! find_chromium; then
    stack/setup/apt.sh chromium || true
    find_chromium || { echo "ticklake: expected Chromium or Chrome on PATH, was none. Install the package chromium" >&2 && exit 1; }
fi
