#!/usr/bin/env bash
# Install the first of the named packages that this release of Debian has; fail where apt-get cannot be used.
set -euo pipefail

if ! command -v apt-get >/dev/null; then
    exit 1
elif [[ $(id -u) == 0 ]]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    exit 1
fi

# stdout belongs to whoever called: some print an answer there. Debian's chatter is shown only when it failed.
apt() {
    local said
    said=$("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -qq "$@" </dev/null 2>&1) ||
        { echo "$said" >&2 && exit 1; }
}

apt update
for package in "$@"; do
    if apt-cache policy "$package" | awk '/Candidate:/ && $2 != "(none)" {found = 1} END {exit !found}'; then
        echo "ticklake: installing $package with apt-get" >&2
        apt install --no-install-recommends "$package"
        exit 0
    fi
done
echo "ticklake: this release has none of: $*" >&2
exit 1
