#!/usr/bin/env bash
# Install Maven, which fetches what runs on Java, where it is missing and apt-get can; without it those services say so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

command -v mvn >/dev/null || stack/setup/apt.sh maven || true
